package iam_test

import (
	"fmt"
	"strings"
	"testing"

	api "daypass/api/iam"
	"daypass/internal/fault"
)

const (
	githubURL = "https://token.actions.githubusercontent.com"
	githubARN = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
)

func (d *door) provider(url string, clients ...string) string {
	d.t.Helper()
	return ok[api.CreateOpenIDConnectProviderOutput](d, d.admin, "CreateOpenIDConnectProvider",
		&api.CreateOpenIDConnectProviderInput{Url: url, ClientIDList: clients}).OpenIDConnectProviderArn
}

func (d *door) shownProvider(arn string) *api.GetOpenIDConnectProviderOutput {
	d.t.Helper()
	return ok[api.GetOpenIDConnectProviderOutput](d, d.admin, "GetOpenIDConnectProvider", &api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
}

func TestAnOpenIDConnectProviderLives(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	thumbprint := strings.Repeat("0A", 20)
	made := ok[api.CreateOpenIDConnectProviderOutput](d, d.admin, "CreateOpenIDConnectProvider", &api.CreateOpenIDConnectProviderInput{
		Url: githubURL, ClientIDList: []string{"sts.amazonaws.com", "sts.amazonaws.com"}, ThumbprintList: []string{thumbprint}, Tags: []api.Tag{{Key: "Team", Value: "a"}},
	})
	equal(t, &api.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderArn: githubARN, Tags: []api.Tag{{Key: "Team", Value: "a"}}}, made)
	d.provider("https://idp.example:8443/tenant/", "x")
	equal(t, &api.GetOpenIDConnectProviderOutput{
		Url: "token.actions.githubusercontent.com", ClientIDList: []string{"sts.amazonaws.com"}, ThumbprintList: []string{strings.ToLower(thumbprint)},
		CreateDate: &noon, Tags: []api.Tag{{Key: "Team", Value: "a"}},
	}, d.shownProvider(githubARN))
	list := ok[api.ListOpenIDConnectProvidersOutput](d, d.admin, "ListOpenIDConnectProviders", &api.ListOpenIDConnectProvidersInput{})
	equal(t, []api.OpenIDConnectProviderListEntry{
		{Arn: "arn:aws:iam::111111111111:oidc-provider/idp.example:8443/tenant/"}, {Arn: githubARN},
	}, list.OpenIDConnectProviderList)

	for range 2 { // adding and removing may be repeated
		ok[api.AddClientIDToOpenIDConnectProviderOutput](d, d.admin, "AddClientIDToOpenIDConnectProvider",
			&api.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN, ClientID: "other"})
	}
	equal(t, []string{"sts.amazonaws.com", "other"}, d.shownProvider(githubARN).ClientIDList)
	for range 2 {
		ok[api.RemoveClientIDFromOpenIDConnectProviderOutput](d, d.admin, "RemoveClientIDFromOpenIDConnectProvider",
			&api.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN, ClientID: "sts.amazonaws.com"})
	}
	equal(t, []string{"other"}, d.shownProvider(githubARN).ClientIDList)
	ok[api.UpdateOpenIDConnectProviderThumbprintOutput](d, d.admin, "UpdateOpenIDConnectProviderThumbprint",
		&api.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: githubARN, ThumbprintList: []string{strings.Repeat("ff", 20)}})
	equal(t, []string{strings.Repeat("ff", 20)}, d.shownProvider(githubARN).ThumbprintList)

	for range 2 {
		ok[api.DeleteOpenIDConnectProviderOutput](d, d.admin, "DeleteOpenIDConnectProvider", &api.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN})
	}
	_, err := do[api.GetOpenIDConnectProviderOutput](d, d.admin, "GetOpenIDConnectProvider", &api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN})
	refuses(t, err, "NoSuchEntity", "OpenIDConnect Provider not found for arn "+githubARN)
}

func TestTagsOfAnOpenIDConnectProvider(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.provider(githubURL)
	tag := func(tags ...api.Tag) {
		ok[api.TagOpenIDConnectProviderOutput](d, d.admin, "TagOpenIDConnectProvider", &api.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN, Tags: tags})
	}
	tag(api.Tag{Key: "Team", Value: "a"}, api.Tag{Key: "cost", Value: "1"})
	tag(api.Tag{Key: "Team", Value: "b"}, api.Tag{Key: "stage", Value: "x"})
	for _, twins := range [][]api.Tag{{{Key: "TEAM", Value: "x"}}, {{Key: "a"}, {Key: "A"}}} {
		refuses(t, d.try(d.admin, "TagOpenIDConnectProvider", &api.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN, Tags: twins}), "InvalidInput", twinsText)
	}
	list := func(marker string, limit int64) *api.ListOpenIDConnectProviderTagsOutput {
		return ok[api.ListOpenIDConnectProviderTagsOutput](d, d.admin, "ListOpenIDConnectProviderTags",
			&api.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: githubARN, Marker: marker, MaxItems: &limit})
	}
	first := list("", 2)
	equal(t, []api.Tag{{Key: "Team", Value: "b"}, {Key: "cost", Value: "1"}}, first.Tags)
	equal(t, []api.Tag{{Key: "stage", Value: "x"}}, list(first.Marker, 2).Tags)
	ok[api.UntagOpenIDConnectProviderOutput](d, d.admin, "UntagOpenIDConnectProvider",
		&api.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN, TagKeys: []string{"Team", "cosT"}})
	equal(t, []api.Tag{{Key: "cost", Value: "1"}, {Key: "stage", Value: "x"}}, d.shownProvider(githubARN).Tags)

	untag := func(keys ...string) error {
		return d.try(d.admin, "UntagOpenIDConnectProvider", &api.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN, TagKeys: keys})
	}
	refuses(t, untag("aws:x"), "InvalidInput", `Tag key "aws:x": keys that begin with aws: are reserved.`)
	refuses(t, d.try(d.user("narrow", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":"cost"}}}}`),
		"UntagOpenIDConnectProvider", &api.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN, TagKeys: []string{"stage"}}), "AccessDenied",
		"User: arn:aws:iam::111111111111:user/narrow is not authorized to perform: iam:UntagOpenIDConnectProvider on resource: "+githubARN+
			" because no identity-based policy allows the iam:UntagOpenIDConnectProvider action")
	var many []api.Tag
	for i := range 49 {
		many = append(many, api.Tag{Key: fmt.Sprint("k", i)})
	}
	refuses(t, d.try(d.admin, "TagOpenIDConnectProvider", &api.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN, Tags: many}),
		"LimitExceeded", "The number of tags has reached the maximum limit.")

	reader := d.user("reader", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:Get*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/stage":"x"}}}}`)
	ok[api.GetOpenIDConnectProviderOutput](d, reader, "GetOpenIDConnectProvider", &api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN})
	_, err := do[api.DeleteOpenIDConnectProviderOutput](d, reader, "DeleteOpenIDConnectProvider", &api.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN})
	refuses(t, err, "AccessDenied", "User: arn:aws:iam::111111111111:user/reader is not authorized to perform: iam:DeleteOpenIDConnectProvider on resource: "+githubARN+
		" because no identity-based policy allows the iam:DeleteOpenIDConnectProvider action")
}

// The rows are the limits in the API reference, CreateOpenIDConnectProvider.
func TestWhatAnOpenIDConnectProviderCannotBe(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.provider(githubURL)
	many := func(n int) []string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprint("client-", i))
		}
		return list
	}
	const notURL = "Invalid Open ID Connect Provider URL"
	long := "https://idp.example/" + strings.Repeat("x", 255)
	for _, test := range []struct {
		name       string
		in         api.CreateOpenIDConnectProviderInput
		code, text string
	}{
		{"twice", api.CreateOpenIDConnectProviderInput{Url: githubURL}, "EntityAlreadyExists", "Provider with url " + githubURL + " already exists."},
		{"http", api.CreateOpenIDConnectProviderInput{Url: "http://idp.example"}, "ValidationError", notURL},
		{"http on the loopback address", api.CreateOpenIDConnectProviderInput{Url: "http://127.0.0.1:1"}, "ValidationError", notURL},
		{"no scheme", api.CreateOpenIDConnectProviderInput{Url: "idp.example"}, "ValidationError", notURL},
		{"no host", api.CreateOpenIDConnectProviderInput{Url: "https:///x"}, "ValidationError", notURL},
		{"a query", api.CreateOpenIDConnectProviderInput{Url: "https://idp.example/?a=b"}, "ValidationError", notURL},
		{"a user", api.CreateOpenIDConnectProviderInput{Url: "https://u:p@idp.example"}, "ValidationError", notURL},
		{"a wildcard", api.CreateOpenIDConnectProviderInput{Url: "https://*.example"}, "ValidationError", notURL},
		{"too long", api.CreateOpenIDConnectProviderInput{Url: long}, "ValidationError", notURL},
		{"101 client ids", api.CreateOpenIDConnectProviderInput{Url: "https://a.example", ClientIDList: many(101)}, "LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"},
		{"a long client id", api.CreateOpenIDConnectProviderInput{Url: "https://a.example", ClientIDList: []string{""}}, "InvalidInput", `ClientIDList: "" is not a client ID: expected 1 to 255 characters without control characters`},
		{"six thumbprints", api.CreateOpenIDConnectProviderInput{Url: "https://a.example", ThumbprintList: make([]string, 6)}, "InvalidInput", "Thumbprint list must contain fewer than 5 entries."},
		{"no thumbprint", api.CreateOpenIDConnectProviderInput{Url: "https://a.example", ThumbprintList: []string{strings.Repeat("g", 40)}}, "InvalidInput",
			`ThumbprintList: "gggggggggggggggggggggggggggggggggggggggg" is not a thumbprint: expected the SHA-1 of a certificate in 40 hexadecimal digits`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := do[api.CreateOpenIDConnectProviderOutput](d, d.admin, "CreateOpenIDConnectProvider", &test.in)
			refuses(t, err, test.code, test.text)
		})
	}
	for i := range 99 {
		d.provider(fmt.Sprintf("https://idp.example/%d", i))
	}
	_, err := do[api.CreateOpenIDConnectProviderOutput](d, d.admin, "CreateOpenIDConnectProvider", &api.CreateOpenIDConnectProviderInput{Url: "https://one.too.many"})
	refuses(t, err, "LimitExceeded", "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100")
}

func TestAnOpenIDConnectProviderIsItsAccountsOwn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.provider(githubURL)
	foreign := strings.Replace(githubARN, account, other, 1)
	_, err := do[api.GetOpenIDConnectProviderOutput](d, d.admin, "GetOpenIDConnectProvider", &api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: foreign})
	refuses(t, err, "NoSuchEntity", "OpenIDConnect Provider not found for arn "+foreign)
	for _, arn := range []string{"arn:aws:iam::111111111111:role/r-r-r-r", "arn:aws:iam::111111111111:oidc-provider/", "nonsense-nonsense-nonsense", githubARN + "\x00"} {
		_, err := do[api.GetOpenIDConnectProviderOutput](d, d.admin, "GetOpenIDConnectProvider", &api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
		if !fault.Is(err, fault.InvalidInput) {
			t.Errorf("%q: %v, want InvalidInput", arn, err)
		}
	}
}
