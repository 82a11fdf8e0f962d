package diag

// A Group is codes that are about the same part of belay's work.
type Group struct {
	Name  string
	Codes []Code
}

// Groups are the groups of all codes, those of codes.go, in its order.
var Groups = []Group{
	{"Reading a spec", []Code{
		ReadFailed, NotASpec, Syntax, SeveralDocuments, InvalidLock, InvalidPolicy, DuplicateKey, AmbiguousScalar,
		YAMLAlias, TooDeep, TooLarge, OutsideRoot, HiddenFile,
	}},
	{"Evaluating CUE", []Code{
		PackageMismatch, BadImport, InvalidModule, UnpinnedModule, ModuleMismatch, UnknownTag, InvalidTag,
		UnresolvedReference, ConflictingValues, ConstraintViolated, FieldNotAllowed, NoAlternative, NotConcrete,
		Cycle, EvaluationFailed,
	}},
	{"The shape of a spec", []Code{
		UnknownField, MissingField, WrongType, OutOfBounds, UnknownValue, InvalidValue, InvalidName, InvalidDomain,
		InvalidImage, DisguisedText, InvalidPath, InvalidDuration, OneOf,
	}},
	{"The target", []Code{
		UnknownRelease, UnknownSetting, InvalidSetting, UnsupportedField, FeatureDisabled, SettingRequired,
		MeshWithoutAPI, MixedGateways, PlatformMismatch, PrivateRoutes, MissingComponent, MissingManifest,
		ManifestMismatch, UnpinnedManifest,
	}},
	{"Names", []Code{
		NameTooLong, CertificateNameTooLong, ReservedName, DuplicateName, NameCollision, HostCollision, ForeignHost,
		ConflictingSpecs, TargetUnnamed, SpecLost, FileConflict, ReservedMetadata, InvalidAnnotation,
	}},
	{"Containers", []Code{
		ReservedPort, SidecarPort, PortRequired, LowPort, ReservedEnv, EnvCycle, RequestOverLimit, UnlikelyQuantity,
		InitProbe, InvalidProbe, ReservedPath, DuplicateMount, ReadOnlyMount, MisplacedField, VolumeConflict,
		RootUser,
	}},
	{"Behaviour and scale", []Code{
		TimeoutOrder, TimeoutLimit, ConcurrencyLimit, ScaleOrder, ScaleLimit, MetricClass, DurationBounds,
		UnreadSetting,
	}},
	{"Release", []Code{
		WeightsSum, DuplicateTag, ExistingTemplate, ForeignRevision, AutoNumberedRevision, LatestRequired,
		UnknownRevision, StrategyUnused, StrategyChanged, RolloutUnused, DuplicateDomain, ClusterDomain,
		DomainMakesPublic, DomainRequired, GatewayRequired, SeveralMirrors, InvalidMatch, UnreachableMatch,
	}},
	{"The mesh", []Code{
		InjectionConflict, StrictWithoutInjectedServing, SidecarRequired, SidecarBypass, ReservedUser,
		IdentityRequired, ActivatorInPath, PublicCallers, UnknownCaller, CallerIdentity, CallerOverlap, InternalTLS,
		DuplicateIssuer, PlainKeys, OpenException, OneSidedException, AmbientUnsupported, UnknownHost, RetriesOff,
		InternalHost, DuplicateHost,
	}},
	{"Pins and objects", []Code{
		MissingPin, LockConflict, LockForm, ImageNotFound, UnusableImage, MissingPlatform, MovedTag, DeletedDigest,
		UnverifiedImage, LedgerConflict, UnrecordedRevision, RevisionChanged, RevisionsChanged, IdenticalRevisions,
		NestedLock, TargetUnset, UnreplayableRevision, RejectedByAdmission, InvalidPatch,
	}},
	{"What a spec may emit", []Code{
		NotPermitted,
	}},
	{"What a run may take", []Code{
		TooManyObjects, TimeLimit, MemoryLimit, OutputLimit, MoreMistakes,
	}},
	{"Objects that others changed", []Code{
		LostDigest, LostLabel, LostName, LostReference, LostPolicy, ForeignField, UncompiledObject,
	}},
}
