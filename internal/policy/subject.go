package policy

// A Subject is the resource that an action is decided on, with its policies, its
// tags and the condition keys of the request. The packages that own resources
// build it; package gate has it evaluated.
type Subject struct {
	ARN     string // "*" for actions without a resource type
	Account string // the resource's owner; "" means the caller's account
	Admin   string // repository administrator: counts as the owner's account

	Policies []*Policy // resource-based policies
	Trust    bool      // Policies are a role's trust policy, see [Target]

	Tags        map[string]string // of the resource: aws:ResourceTag/…, in IAM iam:ResourceTag/… too
	RequestTags map[string]string // passed in the request: aws:RequestTag/…, aws:TagKeys
	Keys        map[string]Value  // further condition keys of the service, in lower case
}
