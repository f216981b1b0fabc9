package detect_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/detect"
)

// numbered gives each attempt its own user.
func numbered(i int, a *try) { a.user = fmt.Sprintf("user-%d", i) }

// days are logins of a user on so many days before noon.
func days(n int, a try) []try {
	a.at = -time.Duration(n) * 24 * time.Hour
	return repeated(n, 24*time.Hour, a)
}

// roaming are logins of a user on so many days before noon, each from a network of its own.
func roaming(n int) []try {
	all := days(n, try{})
	for i := range all {
		all[i].ip = fmt.Sprintf("198.51.%d.1", i)
	}
	return all
}

func TestRulesFireAtTheirThresholdsAndNotBelow(t *testing.T) {
	t.Parallel()
	challenged := []audit.Stage{step("Identity Provider Callback", "Success"), step("MFA Challenge", "Create")}
	met := append(slices.Clone(challenged), step("MFA Challenge", "Success"), step("Token", "Success"))
	fiveAtOnce := []audit.Stage{step("Authentication Request", "InProgress"), {EventName: "MFA Challenge", Result: "Create", Count: 6},
		step("MFA Challenge", "Success"), step("Token", "Success")}
	recovered := []audit.Stage{{EventName: "Identity Provider Callback", Result: "Failure", Count: 10}, step("Identity Provider Callback", "Success"), step("Token", "Success")}
	denied := []audit.Stage{step("Identity Provider Callback", "Success"), step("Policy Evaluation", "Denied")}
	service := days(20, try{steps: asserted})
	for name, test := range map[string]struct {
		tries []try
		want  []detect.Rule
	}{
		"ten failures in half an hour":              {repeated(10, 200*time.Second, try{steps: wrong}), []detect.Rule{detect.PasswordGuessing}},
		"nine failures":                             {repeated(9, time.Minute, try{steps: wrong}), nil},
		"ten failures in more than half an hour":    {repeated(10, 201*time.Second, try{steps: wrong}), nil},
		"ten failures of one attempt that recovers": {[]try{{steps: recovered}}, []detect.Rule{detect.PasswordGuessing}},
		"ten failures of users of the same name in two orgs": {
			repeated(10, time.Minute, try{steps: wrong}, func(i int, a *try) { a.org = fmt.Sprintf("org-%d", i%2) }), nil},
		"ten users who fail from one network in an hour": {repeated(10, 400*time.Second, try{steps: wrong}, numbered), []detect.Rule{detect.Spraying}},
		"nine users":                                  {repeated(9, time.Minute, try{steps: wrong}, numbered), nil},
		"ten users in more than an hour":              {repeated(10, 401*time.Second, try{steps: wrong}, numbered), nil},
		"ten users from ten networks":                 {repeated(10, time.Minute, try{steps: wrong}, numbered, func(i int, a *try) { a.ip = fmt.Sprintf("192.0.%d.1", i) }), nil},
		"ten users of two orgs":                       {repeated(10, time.Minute, try{steps: wrong}, numbered, func(i int, a *try) { a.org = fmt.Sprint(i % 2) }), nil},
		"ten users who fail among eleven who succeed": {append(repeated(11, time.Minute, try{user: "x"}, numbered), repeated(10, time.Minute, try{steps: wrong}, numbered)...), nil},
		"five challenges and one that is met":         {append(repeated(5, 100*time.Second, try{steps: challenged}), try{at: 590 * time.Second, steps: met}), []detect.Rule{detect.MFAFatigue}},
		"four challenges and one that is met":         {append(repeated(4, time.Minute, try{steps: challenged}), try{at: 5 * time.Minute, steps: met}), nil},
		"five challenges, and none is met":            {repeated(5, time.Minute, try{steps: challenged}), nil},
		"five challenges long before one that is met": {append(repeated(5, time.Minute, try{steps: challenged}), try{at: 11 * time.Minute, steps: met}), nil},
		"five challenges, but some were met":          {append(repeated(5, time.Minute, try{steps: challenged}), try{at: 150 * time.Second, steps: met}, try{at: 5 * time.Minute, steps: met}), nil},
		"six challenges of one attempt":               {[]try{{steps: fiveAtOnce}}, []detect.Rule{detect.MFAFatigue}},
		"a login from a new network":                  {append(days(10, try{}), try{ip: "198.51.100.1"}), []detect.Rule{detect.NewNetwork}},
		"a login from another address of the network": {append(days(10, try{}), try{ip: "192.0.2.250"}), nil},
		"a failure from a new network":                {append(days(10, try{}), try{ip: "198.51.100.1", steps: wrong}), nil},
		"a login from a new network of a user with nine logins": {
			append(days(9, try{}), try{ip: "198.51.100.1"}), nil},
		"a login from a new network of a user of four days": {
			append(repeated(12, 8*time.Hour, try{at: -4 * 24 * time.Hour}), try{ip: "198.51.100.1"}), nil},
		"a login from a new network of a user who roams": {
			append(repeated(12, 24*time.Hour, try{at: -12 * 24 * time.Hour}, func(i int, a *try) { a.ip = fmt.Sprintf("198.51.%d.1", i) }), try{}), nil},
		"a login from a new network of a user of five days": {
			append(repeated(10, 12*time.Hour, try{at: -5 * 24 * time.Hour}), try{ip: "198.51.100.1"}), []detect.Rule{detect.NewNetwork}},
		"a login from a new network of a user of almost five days": {
			append(repeated(10, 12*time.Hour, try{at: -5*24*time.Hour + 1}), try{ip: "198.51.100.1"}), nil},
		"a login from an eleventh network":                      {append(roaming(10), try{}), []detect.Rule{detect.NewNetwork}},
		"a login from a twelfth network":                        {append(roaming(11), try{}), nil},
		"a service account with 19 assertions of 20 logins":     {slices.Concat([]try{{at: -21 * 24 * time.Hour}}, days(19, try{steps: asserted}), []try{{}}), []detect.Rule{detect.ServiceAccountInteractive}},
		"an account with 18 assertions of 19 logins":            {slices.Concat([]try{{at: -21 * 24 * time.Hour}}, days(18, try{steps: asserted}), []try{{}}), nil},
		"five challenges in ten minutes before one that is met": {append(repeated(5, 2*time.Minute, try{steps: challenged}), try{at: 10 * time.Minute, steps: met[1:]}), []detect.Rule{detect.MFAFatigue}},
		"five challenges in a little more":                      {append(repeated(5, 2*time.Minute, try{steps: challenged}), try{at: 10*time.Minute + 1, steps: met[1:]}), nil},
		"an updated browser":                                    {append(days(10, try{}), try{agent: "Browser/2.1"}), nil},
		"another browser":                                       {append(days(10, try{}), try{agent: "Other/1.0"}), []detect.Rule{detect.NewDevice}},
		"another provider":                                      {append(days(10, try{}), try{idp: "github"}), []detect.Rule{detect.NewIDP}},
		"everything new at once": {append(days(10, try{}), try{ip: "2001:db8::1", agent: "Other/1.0", idp: "github"}),
			[]detect.Rule{detect.NewDevice, detect.NewIDP, detect.NewNetwork}},
		"a service account with a browser":                   {slices.Concat(service, []try{{agent: "Browser/1.0"}}), []detect.Rule{detect.ServiceAccountInteractive}},
		"a service account that is denied with a browser":    {slices.Concat(service, []try{{steps: denied}}), []detect.Rule{detect.ServiceAccountInteractive}},
		"a service account of which somebody knows the name": {slices.Concat(service, []try{{steps: wrong}}), nil},
		"a service account from elsewhere":                   {slices.Concat(service, []try{{ip: "198.51.100.1", steps: asserted}}), nil},
		"a person who uses assertions, too":                  {slices.Concat(service, repeated(3, time.Hour, try{at: -200 * time.Hour}), []try{{}}), nil},
		"a service account of nine logins":                   {append(days(9, try{steps: asserted}), try{}), nil},
		"ten failures of nobody":                             {repeated(10, time.Minute, try{user: nobody, steps: wrong}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := worldWith(test.tries)
			r := w.everything()
			r.From = noon.Add(-time.Hour)
			var got []detect.Rule
			for _, d := range w.detect(t, r) {
				got = append(got, d.Rule)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("found %v, want %v", got, test.want)
			}
		})
	}
}
