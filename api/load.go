package api

import (
	_ "embed" // the models
	"fmt"
	"sync"
)

// The models, one fact a line; see [parser] for their form.
var (
	//go:embed models/codeartifact.txt
	codeartifactModel string
	//go:embed models/sts.txt
	stsModel string
	//go:embed models/iam.txt
	iamModel string
	//go:embed models/daypass.txt
	daypassModel string
)

var (
	codeartifact = sync.OnceValue(func() *Service { return mustParse(codeartifactModel) })
	sts          = sync.OnceValue(func() *Service { return mustParse(stsModel) })
	iam          = sync.OnceValue(func() *Service { return mustParse(iamModel) })
	daypass      = sync.OnceValue(func() *Service { return mustParse(daypassModel) })
)

// CodeArtifact returns AWS CodeArtifact, version 2018-09-22. Each service is parsed
// at the first call, and all callers share it.
func CodeArtifact() *Service { return codeartifact() }

// STS returns AWS Security Token Service, version 2011-06-15.
func STS() *Service { return sts() }

// IAM returns AWS Identity and Access Management, version 2010-05-08.
func IAM() *Service { return iam() }

// Daypass returns Daypass's own service: accounts, revocation, signing keys.
func Daypass() *Service { return daypass() }

// All returns every service, CodeArtifact first.
func All() []*Service { return []*Service{CodeArtifact(), STS(), IAM(), Daypass()} }

// mustParse parses an embedded model. It panics if that fails, which a test rules
// out.
func mustParse(model string) *Service {
	s, err := parse(model)
	if err != nil {
		panic(fmt.Sprintf("api: model of %s: %v", s.Name, err))
	}
	return s
}
