package webhook

// OriginOf is for tests.
var OriginOf = originOf
