package diag

//go:generate go run generate.go

// Code names a class of diagnostics: a stable kebab-case word with a page of
// that name in the catalogue (pages/), which "belay explain" prints.
type Code string

// Reading a spec.
const (
	ReadFailed       Code = "read-failed"
	NotASpec         Code = "not-a-spec"
	Syntax           Code = "syntax"
	SeveralDocuments Code = "several-documents"
	InvalidLock      Code = "invalid-lock"
	InvalidPolicy    Code = "invalid-policy"
	DuplicateKey     Code = "duplicate-key"
	AmbiguousScalar  Code = "ambiguous-scalar"
	YAMLAlias        Code = "yaml-alias"
	TooDeep          Code = "too-deep"
	TooLarge         Code = "too-large"
	OutsideRoot      Code = "outside-root"
	HiddenFile       Code = "hidden-file"
)

// Evaluating CUE.
const (
	PackageMismatch     Code = "package-mismatch"
	BadImport           Code = "bad-import"
	InvalidModule       Code = "invalid-module"
	UnpinnedModule      Code = "unpinned-module"
	ModuleMismatch      Code = "module-mismatch"
	UnknownTag          Code = "unknown-tag"
	InvalidTag          Code = "invalid-tag-value"
	UnresolvedReference Code = "unresolved-reference"
	ConflictingValues   Code = "conflicting-values"
	ConstraintViolated  Code = "constraint-violated"
	FieldNotAllowed     Code = "field-not-allowed"
	NoAlternative       Code = "no-alternative"
	NotConcrete         Code = "not-concrete"
	Cycle               Code = "cycle"
	EvaluationFailed    Code = "evaluation-failed"
)

// The shape of a spec.
const (
	UnknownField    Code = "unknown-field"
	MissingField    Code = "missing-field"
	WrongType       Code = "wrong-type"
	OutOfBounds     Code = "out-of-bounds"
	UnknownValue    Code = "unknown-value"
	InvalidValue    Code = "invalid-value"
	InvalidName     Code = "invalid-name"
	InvalidDomain   Code = "invalid-domain"
	InvalidImage    Code = "invalid-image"
	DisguisedText   Code = "disguised-text"
	InvalidPath     Code = "invalid-path"
	InvalidDuration Code = "invalid-duration"
	OneOf           Code = "one-of"
)

// The target.
const (
	UnknownRelease   Code = "unknown-release"
	UnknownSetting   Code = "unknown-setting"
	InvalidSetting   Code = "invalid-setting"
	UnsupportedField Code = "unsupported-field"
	FeatureDisabled  Code = "feature-disabled"
	SettingRequired  Code = "setting-required"
	MeshWithoutAPI   Code = "mesh-without-api"
	MixedGateways    Code = "mixed-gateways"
	PlatformMismatch Code = "platform-mismatch"
	PrivateRoutes    Code = "private-routes"
	MissingComponent Code = "missing-component"
	MissingManifest  Code = "missing-manifest"
	ManifestMismatch Code = "manifest-mismatch"
	UnpinnedManifest Code = "unpinned-manifest"
)

// Names.
const (
	NameTooLong            Code = "name-too-long"
	CertificateNameTooLong Code = "certificate-name-too-long"
	ReservedName           Code = "reserved-name"
	DuplicateName          Code = "duplicate-name"
	NameCollision          Code = "name-collision"
	HostCollision          Code = "host-collision"
	ForeignHost            Code = "foreign-host"
	ConflictingSpecs       Code = "conflicting-specs"
	TargetUnnamed          Code = "target-unnamed"
	SpecLost               Code = "spec-lost"
	FileConflict           Code = "file-conflict"
	ReservedMetadata       Code = "reserved-metadata"
	InvalidAnnotation      Code = "invalid-annotation"
)

// Containers.
const (
	ReservedPort     Code = "reserved-port"
	SidecarPort      Code = "sidecar-port"
	PortRequired     Code = "port-required"
	LowPort          Code = "low-port"
	ReservedEnv      Code = "reserved-env"
	EnvCycle         Code = "env-cycle"
	RequestOverLimit Code = "request-over-limit"
	UnlikelyQuantity Code = "unlikely-quantity"
	InitProbe        Code = "init-probe"
	InvalidProbe     Code = "invalid-probe"
	ReservedPath     Code = "reserved-path"
	DuplicateMount   Code = "duplicate-mount"
	ReadOnlyMount    Code = "read-only-mount"
	MisplacedField   Code = "misplaced-field"
	VolumeConflict   Code = "volume-conflict"
	RootUser         Code = "root-user"
)

// Behaviour and scale.
const (
	TimeoutOrder     Code = "timeout-order"
	TimeoutLimit     Code = "timeout-limit"
	ConcurrencyLimit Code = "concurrency-limit"
	ScaleOrder       Code = "scale-order"
	ScaleLimit       Code = "scale-limit"
	MetricClass      Code = "metric-class"
	DurationBounds   Code = "duration-bounds"
	UnreadSetting    Code = "unread-setting"
)

// Release.
const (
	WeightsSum           Code = "weights-sum"
	DuplicateTag         Code = "duplicate-tag"
	ExistingTemplate     Code = "existing-template"
	ForeignRevision      Code = "foreign-revision"
	AutoNumberedRevision Code = "auto-numbered-revision"
	LatestRequired       Code = "latest-required"
	UnknownRevision      Code = "unknown-revision"
	StrategyUnused       Code = "strategy-unused"
	StrategyChanged      Code = "strategy-changed"
	RolloutUnused        Code = "rollout-unused"
	DuplicateDomain      Code = "duplicate-domain"
	ClusterDomain        Code = "cluster-domain"
	DomainMakesPublic    Code = "domain-makes-public"
	DomainRequired       Code = "domain-required"
	GatewayRequired      Code = "gateway-required"
	SeveralMirrors       Code = "several-mirrors"
	InvalidMatch         Code = "invalid-match"
	UnreachableMatch     Code = "unreachable-match"
)

// The mesh.
const (
	InjectionConflict            Code = "injection-conflict"
	StrictWithoutInjectedServing Code = "strict-without-injected-serving"
	SidecarRequired              Code = "sidecar-required"
	SidecarBypass                Code = "sidecar-bypass"
	ReservedUser                 Code = "reserved-user"
	IdentityRequired             Code = "identity-required"
	ActivatorInPath              Code = "activator-in-path"
	PublicCallers                Code = "public-callers"
	UnknownCaller                Code = "unknown-caller"
	CallerIdentity               Code = "caller-identity"
	CallerOverlap                Code = "caller-overlap"
	InternalTLS                  Code = "internal-tls"
	DuplicateIssuer              Code = "duplicate-issuer"
	PlainKeys                    Code = "plain-keys"
	OpenException                Code = "open-exception"
	OneSidedException            Code = "one-sided-exception"
	AmbientUnsupported           Code = "ambient-unsupported"
	UnknownHost                  Code = "unknown-host"
	RetriesOff                   Code = "retries-off"
	InternalHost                 Code = "internal-host"
	DuplicateHost                Code = "duplicate-host"
)

// Pins and objects.
const (
	MissingPin           Code = "missing-pin"
	LockConflict         Code = "lock-conflict"
	LockForm             Code = "lock-form"
	ImageNotFound        Code = "image-not-found"
	UnusableImage        Code = "unusable-image"
	MissingPlatform      Code = "missing-platform"
	MovedTag             Code = "moved-tag"
	DeletedDigest        Code = "deleted-digest"
	UnverifiedImage      Code = "unverified-image"
	LedgerConflict       Code = "ledger-conflict"
	UnrecordedRevision   Code = "unrecorded-revision"
	RevisionChanged      Code = "revision-changed"
	RevisionsChanged     Code = "revisions-changed-together"
	IdenticalRevisions   Code = "identical-revisions"
	NestedLock           Code = "nested-lock"
	TargetUnset          Code = "target-unset"
	UnreplayableRevision Code = "unreplayable-revision"
	RejectedByAdmission  Code = "rejected-by-admission"
	InvalidPatch         Code = "invalid-patch"
)

// What a spec may emit.
const NotPermitted Code = "not-permitted"

// What a run may take.
const (
	TooManyObjects Code = "too-many-objects"
	TimeLimit      Code = "time-limit"
	MemoryLimit    Code = "memory-limit"
	OutputLimit    Code = "output-limit"
	MoreMistakes   Code = "more-mistakes"
)

// Objects that others changed.
const (
	LostDigest       Code = "lost-digest"
	LostLabel        Code = "lost-label"
	LostName         Code = "lost-name"
	LostReference    Code = "lost-reference"
	LostPolicy       Code = "lost-policy"
	ForeignField     Code = "foreign-field"
	UncompiledObject Code = "uncompiled-object"
)
