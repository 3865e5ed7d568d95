package sts

import (
	"maps"
	"slices"

	api "daypass/api/sts"
	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/principal"
	"daypass/internal/tag"
)

// maxPacked bounds the policies and tags of a session together, in bytes. AWS does not
// document how it packs them, nor the size. This bound keeps a token made with the
// session below 8 KiB, a common limit of proxies for a header.
const maxPacked = 4096

// passedTags reads the session tags of a request, by the key as it was given.
func passedTags(tags []api.Tag) (map[string]string, error) {
	if len(tags) == 0 {
		return nil, nil
	}
	passed := make(map[string]string, len(tags))
	keys := make([]string, 0, len(tags))
	for _, t := range tags {
		if tag.Reserved(t.Key) {
			return nil, fault.New(fault.Validation, "Tag key %q: keys that begin with aws: are reserved.", t.Key)
		}
		keys, passed[t.Key] = append(keys, t.Key), t.Value
	}
	if _, _, twice := tag.Twins(keys); twice {
		return nil, fault.New(fault.Validation, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	}
	return passed, nil
}

// sessionTags returns the tags of a new session, by folded key, and the
// keys of those that further sessions inherit. What the caller's own session
// hands down stays and cannot be passed anew.
//
// Source: IAM User Guide, "Pass session tags in AWS STS", chaining roles.
func sessionTags(caller *principal.Session, passed []api.Tag, transitive []string) (map[string]string, []string, error) {
	read, err := passedTags(passed)
	if err != nil {
		return nil, nil, err
	}
	if len(read) == 0 && len(transitive) == 0 && (caller == nil || len(caller.TransitiveKeys) == 0) {
		return nil, nil, nil // as nearly always
	}
	tags := make(map[string]string)
	if caller != nil {
		for _, key := range caller.TransitiveKeys {
			tags[key] = caller.Tags[key]
		}
	}
	inherited := slices.Sorted(maps.Keys(tags))
	for _, key := range slices.Sorted(maps.Keys(read)) {
		fold := tag.Fold(key)
		if slices.Contains(inherited, fold) {
			return nil, nil, fault.New(fault.Validation, "Tag key %q: the session has a transitive tag of this key, which cannot be overridden.", key)
		}
		tags[fold] = read[key]
	}
	keys := inherited
	for _, key := range transitive {
		fold := tag.Fold(key)
		if _, ok := tags[fold]; !ok {
			return nil, nil, fault.New(fault.Validation, "The specified transitive tag key must be included in the requested tags.")
		}
		if !slices.Contains(keys, fold) {
			keys = append(keys, fold)
		}
	}
	return tags, keys, nil
}

// packedSize returns how much of the room for policies and tags a session
// takes, in percent, or nil if it has neither. Too much is refused.
func packedSize(s *principal.Session) (*int64, error) {
	policies := 0
	for _, text := range slices.Concat(s.Policies, s.PolicyARNs) {
		policies += len(text)
	}
	if policies > policy.MaxInlineSession {
		return nil, fault.New(fault.PackedPolicyTooLarge, "Packed size of session policies consumes %d%% of allotted space.", percent(policies, policy.MaxInlineSession))
	}
	all := policies
	for key, value := range s.Tags {
		all += len(key) + len(value)
	}
	if all > maxPacked {
		return nil, fault.New(fault.PackedPolicyTooLarge, "Packed size of session tags consumes %d%% of allotted space.", percent(all, maxPacked))
	}
	if all == 0 {
		return nil, nil
	}
	size := percent(all, maxPacked)
	return &size, nil
}

// percent rounds up.
func percent(part, whole int) int64 { return int64((part*100 + whole - 1) / whole) }
