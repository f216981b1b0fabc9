// Package trail records who has read what, as events of audit.KindRead in the same
// store. Nobody is answered whose reading could not be taken down: a reading has its
// place among those that wait to be written before it begins.
package trail
