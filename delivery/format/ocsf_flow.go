package format

// ocsfFlow writes a login flow as the one authentication that it is.
func ocsfFlow(to []byte, f *envelope) []byte {
	o := &object{append(to, '{')}
	ocsfClass(o, ocsfAuthentication, ocsfLogon)
	o.number("time", f.EndedAt.UnixMilli())
	o.number("start_time", f.StartedAt.UnixMilli())
	o.number("end_time", f.EndedAt.UnixMilli())
	o.number("duration", f.Duration().Milliseconds())
	o.number("count", int64(len(f.Records)))
	o.text("message", f.title())
	ocsfStatus(o, f.outcome(), string(f.Outcome))
	o.text("status_code", string(f.Outcome))
	o.text("status_detail", f.Verdict.Text)
	o.flag("is_mfa", f.MFA)
	o.open("metadata")
	ocsfProduct(o)
	o.text("uid", f.id())
	o.text("correlation_uid", f.RequestID)
	o.text("tenant_uid", f.Org)
	o.text("log_name", "login_flow")
	o.number("logged_time", f.EndedAt.UnixMilli())
	o.close()
	ocsfFlowParties(o, f)
	o.open("unmapped")
	o.name("login_flow")
	o.to = f.append(o.to)
	o.close()
	o.close()
	return o.to
}

// ocsfFlowParties writes who, from where and to what.
func ocsfFlowParties(o *object, f *envelope) {
	o.open("user")
	o.text("uid", f.UserID)
	o.text("name", f.UpstreamUserID)
	if isEmail(f.UpstreamUserID) {
		o.text("email_addr", f.UpstreamUserID)
	}
	if f.UserID == "" && f.UpstreamUserID == "" {
		o.text("name", "unknown")
	}
	o.close()
	o.inside("session", func() {
		o.text("uid", first(f.Sessions))
		o.text("credential_uid", first(f.Tokens))
	})
	if source := first(f.SourceIPs); source != "" {
		o.open("src_endpoint")
		if _, ok := isAddress(source); ok {
			o.text("ip", source)
		} else {
			o.text("name", source)
		}
		o.close()
	}
	o.open("service")
	if f.ApplicationName != "" {
		o.text("name", f.ApplicationName)
	} else {
		o.text("name", "unknown")
	}
	o.close()
	o.inside("http_request", func() {
		o.text("uid", first(f.Traces))
		o.text("user_agent", first(f.UserAgents))
	})
}

// title says how the flow ended, or that it did.
func (f *envelope) title() string {
	if f.Verdict.Text != "" {
		return f.Verdict.Text
	}
	return "Login flow: " + string(f.Outcome)
}
