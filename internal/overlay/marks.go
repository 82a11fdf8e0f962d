package overlay

const (
	specAnnotation     = "belay.sh/spec"
	imagesAnnotation   = "belay.sh/images"
	policyAnnotation   = "belay.sh/policies"
	manifestAnnotation = "belay.sh/manifest"
	appLabel           = "belay.sh/app"
	nameLabel          = "app.kubernetes.io/name"
	managedByLabel     = "app.kubernetes.io/managed-by"
	serviceLabel       = "serving.knative.dev/service"
)
