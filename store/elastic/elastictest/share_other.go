//go:build !unix

package elastictest

import "fmt"

// holdShare refuses: the script is for Unix.
func holdShare(string) error {
	return fmt.Errorf("%w: scripts/elasticsearch runs on Unix only", errNotHere)
}
