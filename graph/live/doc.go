// Package live lets many follow a feed at the cost of one: what was stored last is
// read once and kept for a while, and handed to everybody who follows. Who is
// further behind reads the feed itself until it has caught up.
package live
