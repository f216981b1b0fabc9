package format

import "strings"

// apiActivities are the activities of the class API Activity, by what actions are called.
var apiActivities = map[string]activity{
	"create": {1, "Create"}, "add": {1, "Create"}, "post": {1, "Create"},
	"read": {2, "Read"}, "get": {2, "Read"}, "list": {2, "Read"},
	"update": {3, "Update"}, "replace": {3, "Update"}, "put": {3, "Update"}, "patch": {3, "Update"}, "modify": {3, "Update"},
	"delete": {4, "Delete"}, "remove": {4, "Delete"},
}

// hasActor reports whether the event says who acted.
func (e *event) hasActor() bool { return e.seen("user_id") != "" || e.seen("session") != "" }

// ocsfAPI writes an action through an API: only of an event that says what the class
// requires, which is who did what, and from where.
func ocsfAPI(o *object, e *event) {
	action := unquoted(e.seen("action"))
	done, known := apiActivities[strings.ToLower(action)]
	if !known {
		done = activity{99, action}
	}
	ocsfHead(o, e, ocsfAPIActivity, done)
	ocsfStatus(o, Unknown, "")
	ocsfMetadata(o, e)
	o.open("api")
	o.raw("operation", e.take("action"))
	if name := e.take("api_name"); name != "" {
		o.open("service")
		o.raw("name", name)
		o.close()
	}
	o.close()
	o.open("actor")
	o.inside("user", func() { o.raw("uid", e.take("user_id")) })
	ocsfSession(o, e)
	o.close()
	ocsfSource(o, e)
	ocsfResource(o, e)
	ocsfRequest(o, e)
}

// ocsfResource writes what was acted upon.
func ocsfResource(o *object, e *event) {
	if e.seen("target_id") == "" && e.seen("target_resource_name") == "" {
		return
	}
	o.name("resources")
	o.to = append(o.to, '[', '{')
	o.raw("uid", e.take("target_id"))
	o.raw("name", e.take("target_resource_name"))
	o.raw("type", e.take("target_resource_type"))
	o.to = append(o.to, '}', ']')
}

// ocsfBase writes what no other class fits: all of the event is unmapped but its time
// and its ids.
func ocsfBase(o *object, e *event) {
	ocsfHead(o, e, ocsfBaseEvent, ocsfUnknown)
	ocsfStatus(o, Unknown, "")
	ocsfMetadata(o, e)
}
