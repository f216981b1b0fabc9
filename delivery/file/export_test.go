package file

import "time"

// Impatient has a locked file told after a time.
func (f *Files) Impatient(patience time.Duration) { f.patience = patience }
