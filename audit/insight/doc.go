// Package insight answers what many login flows tell together: how far attempts
// get ([ReadFunnel]), which ways they go ([ReadShapes]), where two of them part
// ([Compare], [FindBaseline]), and how well the ids that tie records together are
// kept ([ReadQuality]). docs/insights.md defines every number.
//
// What the answers come to are pure functions of flows and counts; the Read
// functions get these from the roles of package audit, and hold no more of a flow
// than they count. Answers never depend on the order in which flows are read.
package insight
