// Package delivery sends events to destinations: at least once, in the order of the
// feed, with ids that stay.
//
// Each enabled destination has a worker in one of the processes, which holds its
// lease. The worker follows the feed from the destination's own checkpoint, leaves out
// what its filters do not pass, has the rest written in its format, and gives it to
// its [Sender] in batches. The checkpoint moves when a batch is dealt with: taken, or
// refused for good, which a dead letter says. So nothing is lost, whenever a process
// dies; what was under way then is sent again. A destination that cannot be reached
// holds up nobody but itself.
//
// The senders are in packages of their own, one for each type of destination, and so
// are the formats. This package knows none of them: [Options] name them.
package delivery
