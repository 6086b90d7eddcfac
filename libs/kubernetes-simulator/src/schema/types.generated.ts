// Written by schema/generate.ts from the models of @kubernetes/client-node. Do not edit.
export const TYPES: Record<string, string> = {
  CoreV1Event:
    'action:string apiVersion:string count:number eventTime:time firstTimestamp:time involvedObject!:V1ObjectReference kind:string lastTimestamp:time message:string metadata!:V1ObjectMeta reason:string related:V1ObjectReference reportingComponent:string reportingInstance:string series:CoreV1EventSeries source:V1EventSource type:string',
  CoreV1EventSeries: 'count:number lastObservedTime:time',
  CoreV1ResourceClaim: 'name!:string request:string',
  RbacV1Subject: 'apiGroup:string kind!:string name!:string namespace:string',
  V1AWSElasticBlockStoreVolumeSource: 'fsType:string partition:number readOnly:boolean volumeID!:string',
  V1Affinity: 'nodeAffinity:V1NodeAffinity podAffinity:V1PodAffinity podAntiAffinity:V1PodAntiAffinity',
  V1AppArmorProfile: 'localhostProfile:string type!:string',
  V1AzureDiskVolumeSource:
    'cachingMode:string diskName!:string diskURI!:string fsType:string kind:string readOnly:boolean',
  V1AzureFileVolumeSource: 'readOnly:boolean secretName!:string shareName!:string',
  V1CSIVolumeSource:
    'driver!:string fsType:string nodePublishSecretRef:V1LocalObjectReference readOnly:boolean volumeAttributes:map<string>',
  V1Capabilities: 'add:string[] drop:string[]',
  V1CephFSVolumeSource:
    'monitors!:string[] path:string readOnly:boolean secretFile:string secretRef:V1LocalObjectReference user:string',
  V1CinderVolumeSource: 'fsType:string readOnly:boolean secretRef:V1LocalObjectReference volumeID!:string',
  V1ClientIPConfig: 'timeoutSeconds:number',
  V1ClusterTrustBundleProjection:
    'labelSelector:V1LabelSelector name:string optional:boolean path!:string signerName:string',
  V1Condition:
    'lastTransitionTime!:time message!:string observedGeneration:number reason!:string status!:string type!:string',
  V1ConfigMap:
    'apiVersion:string binaryData:map<string> data:map<string> immutable:boolean kind:string metadata:V1ObjectMeta',
  V1ConfigMapEnvSource: 'name:string optional:boolean',
  V1ConfigMapKeySelector: 'key!:string name:string optional:boolean',
  V1ConfigMapProjection: 'items:V1KeyToPath[] name:string optional:boolean',
  V1ConfigMapVolumeSource: 'defaultMode:number items:V1KeyToPath[] name:string optional:boolean',
  V1Container:
    'args:string[] command:string[] env:V1EnvVar[] envFrom:V1EnvFromSource[] image:string imagePullPolicy:string lifecycle:V1Lifecycle livenessProbe:V1Probe name!:string ports:V1ContainerPort[] readinessProbe:V1Probe resizePolicy:V1ContainerResizePolicy[] resources:V1ResourceRequirements restartPolicy:string restartPolicyRules:V1ContainerRestartRule[] securityContext:V1SecurityContext startupProbe:V1Probe stdin:boolean stdinOnce:boolean terminationMessagePath:string terminationMessagePolicy:string tty:boolean volumeDevices:V1VolumeDevice[] volumeMounts:V1VolumeMount[] workingDir:string',
  V1ContainerExtendedResourceRequest: 'containerName!:string requestName!:string resourceName!:string',
  V1ContainerPort: 'containerPort!:number hostIP:string hostPort:number name:string protocol:string',
  V1ContainerResizePolicy: 'resourceName!:string restartPolicy!:string',
  V1ContainerRestartRule: 'action!:string exitCodes:V1ContainerRestartRuleOnExitCodes',
  V1ContainerRestartRuleOnExitCodes: 'operator!:string values:number[]',
  V1ContainerState:
    'running:V1ContainerStateRunning terminated:V1ContainerStateTerminated waiting:V1ContainerStateWaiting',
  V1ContainerStateRunning: 'startedAt:time',
  V1ContainerStateTerminated:
    'containerID:string exitCode!:number finishedAt:time message:string reason:string signal:number startedAt:time',
  V1ContainerStateWaiting: 'message:string reason:string',
  V1ContainerStatus:
    'allocatedResources:map<quantity> allocatedResourcesStatus:V1ResourceStatus[] containerID:string image!:string imageID!:string lastState:V1ContainerState name!:string ready!:boolean resources:V1ResourceRequirements restartCount!:number started:boolean state:V1ContainerState stopSignal:string user:V1ContainerUser volumeMounts:V1VolumeMountStatus[]',
  V1ContainerUser: 'linux:V1LinuxContainerUser',
  V1Deployment: 'apiVersion:string kind:string metadata:V1ObjectMeta spec:V1DeploymentSpec status:V1DeploymentStatus',
  V1DeploymentCondition:
    'lastTransitionTime:time lastUpdateTime:time message:string reason:string status!:string type!:string',
  V1DeploymentSpec:
    'minReadySeconds:number paused:boolean progressDeadlineSeconds:number replicas:number revisionHistoryLimit:number selector!:V1LabelSelector strategy:V1DeploymentStrategy template!:V1PodTemplateSpec',
  V1DeploymentStatus:
    'availableReplicas:number collisionCount:number conditions:V1DeploymentCondition[] observedGeneration:number readyReplicas:number replicas:number terminatingReplicas:number unavailableReplicas:number updatedReplicas:number',
  V1DeploymentStrategy: 'rollingUpdate:V1RollingUpdateDeployment type:string',
  V1DownwardAPIProjection: 'items:V1DownwardAPIVolumeFile[]',
  V1DownwardAPIVolumeFile:
    'fieldRef:V1ObjectFieldSelector mode:number path!:string resourceFieldRef:V1ResourceFieldSelector',
  V1DownwardAPIVolumeSource: 'defaultMode:number items:V1DownwardAPIVolumeFile[]',
  V1EmptyDirVolumeSource: 'medium:string sizeLimit:quantity',
  V1EnvFromSource: 'configMapRef:V1ConfigMapEnvSource prefix:string secretRef:V1SecretEnvSource',
  V1EnvVar: 'name!:string value:string valueFrom:V1EnvVarSource',
  V1EnvVarSource:
    'configMapKeyRef:V1ConfigMapKeySelector fieldRef:V1ObjectFieldSelector fileKeyRef:V1FileKeySelector resourceFieldRef:V1ResourceFieldSelector secretKeyRef:V1SecretKeySelector',
  V1EphemeralContainer:
    'args:string[] command:string[] env:V1EnvVar[] envFrom:V1EnvFromSource[] image:string imagePullPolicy:string lifecycle:V1Lifecycle livenessProbe:V1Probe name!:string ports:V1ContainerPort[] readinessProbe:V1Probe resizePolicy:V1ContainerResizePolicy[] resources:V1ResourceRequirements restartPolicy:string restartPolicyRules:V1ContainerRestartRule[] securityContext:V1SecurityContext startupProbe:V1Probe stdin:boolean stdinOnce:boolean targetContainerName:string terminationMessagePath:string terminationMessagePolicy:string tty:boolean volumeDevices:V1VolumeDevice[] volumeMounts:V1VolumeMount[] workingDir:string',
  V1EphemeralVolumeSource: 'volumeClaimTemplate:V1PersistentVolumeClaimTemplate',
  V1EventSource: 'component:string host:string',
  V1ExecAction: 'command:string[]',
  V1FCVolumeSource: 'fsType:string lun:number readOnly:boolean targetWWNs:string[] wwids:string[]',
  V1FileKeySelector: 'key!:string optional:boolean path!:string volumeName!:string',
  V1FlexVolumeSource:
    'driver!:string fsType:string options:map<string> readOnly:boolean secretRef:V1LocalObjectReference',
  V1FlockerVolumeSource: 'datasetName:string datasetUUID:string',
  V1GCEPersistentDiskVolumeSource: 'fsType:string partition:number pdName!:string readOnly:boolean',
  V1GRPCAction: 'port!:number service:string',
  V1GitRepoVolumeSource: 'directory:string repository!:string revision:string',
  V1GlusterfsVolumeSource: 'endpoints!:string path!:string readOnly:boolean',
  V1HTTPGetAction: 'host:string httpHeaders:V1HTTPHeader[] path:string port!:IntOrString scheme:string',
  V1HTTPHeader: 'name!:string value!:string',
  V1HTTPIngressPath: 'backend!:V1IngressBackend path:string pathType!:string',
  V1HTTPIngressRuleValue: 'paths!:V1HTTPIngressPath[]',
  V1HostAlias: 'hostnames:string[] ip!:string',
  V1HostIP: 'ip!:string',
  V1HostPathVolumeSource: 'path!:string type:string',
  V1IPBlock: 'cidr!:string except:string[]',
  V1ISCSIVolumeSource:
    'chapAuthDiscovery:boolean chapAuthSession:boolean fsType:string initiatorName:string iqn!:string iscsiInterface:string lun!:number portals:string[] readOnly:boolean secretRef:V1LocalObjectReference targetPortal!:string',
  V1ImageVolumeSource: 'pullPolicy:string reference:string',
  V1ImageVolumeStatus: 'imageRef!:string',
  V1Ingress: 'apiVersion:string kind:string metadata:V1ObjectMeta spec:V1IngressSpec status:V1IngressStatus',
  V1IngressBackend: 'resource:V1TypedLocalObjectReference service:V1IngressServiceBackend',
  V1IngressLoadBalancerIngress: 'hostname:string ip:string ports:V1IngressPortStatus[]',
  V1IngressLoadBalancerStatus: 'ingress:V1IngressLoadBalancerIngress[]',
  V1IngressPortStatus: 'error:string port!:number protocol!:string',
  V1IngressRule: 'host:string http:V1HTTPIngressRuleValue',
  V1IngressServiceBackend: 'name!:string port:V1ServiceBackendPort',
  V1IngressSpec: 'defaultBackend:V1IngressBackend ingressClassName:string rules:V1IngressRule[] tls:V1IngressTLS[]',
  V1IngressStatus: 'loadBalancer:V1IngressLoadBalancerStatus',
  V1IngressTLS: 'hosts:string[] secretName:string',
  V1Job: 'apiVersion:string kind:string metadata:V1ObjectMeta spec:V1JobSpec status:V1JobStatus',
  V1JobCondition: 'lastProbeTime:time lastTransitionTime:time message:string reason:string status!:string type!:string',
  V1JobSpec:
    'activeDeadlineSeconds:number backoffLimit:number backoffLimitPerIndex:number completionMode:string completions:number managedBy:string manualSelector:boolean maxFailedIndexes:number parallelism:number podFailurePolicy:V1PodFailurePolicy podReplacementPolicy:string selector:V1LabelSelector successPolicy:V1SuccessPolicy suspend:boolean template!:V1PodTemplateSpec ttlSecondsAfterFinished:number',
  V1JobStatus:
    'active:number completedIndexes:string completionTime:time conditions:V1JobCondition[] failed:number failedIndexes:string ready:number startTime:time succeeded:number terminating:number uncountedTerminatedPods:V1UncountedTerminatedPods',
  V1KeyToPath: 'key!:string mode:number path!:string',
  V1LabelSelector: 'matchExpressions:V1LabelSelectorRequirement[] matchLabels:map<string>',
  V1LabelSelectorRequirement: 'key!:string operator!:string values:string[]',
  V1Lifecycle: 'postStart:V1LifecycleHandler preStop:V1LifecycleHandler stopSignal:string',
  V1LifecycleHandler: 'exec:V1ExecAction httpGet:V1HTTPGetAction sleep:V1SleepAction tcpSocket:V1TCPSocketAction',
  V1LimitRange: 'apiVersion:string kind:string metadata:V1ObjectMeta spec:V1LimitRangeSpec',
  V1LimitRangeItem:
    'default:map<quantity> defaultRequest:map<quantity> max:map<quantity> maxLimitRequestRatio:map<quantity> min:map<quantity> type!:string',
  V1LimitRangeSpec: 'limits!:V1LimitRangeItem[]',
  V1LinuxContainerUser: 'gid!:number supplementalGroups:number[] uid!:number',
  V1LoadBalancerIngress: 'hostname:string ip:string ipMode:string ports:V1PortStatus[]',
  V1LoadBalancerStatus: 'ingress:V1LoadBalancerIngress[]',
  V1LocalObjectReference: 'name:string',
  V1ManagedFieldsEntry:
    'apiVersion:string fieldsType:string fieldsV1:any manager:string operation:string subresource:string time:time',
  V1ModifyVolumeStatus: 'status!:string targetVolumeAttributesClassName:string',
  V1NFSVolumeSource: 'path!:string readOnly:boolean server!:string',
  V1Namespace: 'apiVersion:string kind:string metadata:V1ObjectMeta spec:V1NamespaceSpec status:V1NamespaceStatus',
  V1NamespaceCondition: 'lastTransitionTime:time message:string reason:string status!:string type!:string',
  V1NamespaceSpec: 'finalizers:string[]',
  V1NamespaceStatus: 'conditions:V1NamespaceCondition[] phase:string',
  V1NetworkPolicy: 'apiVersion:string kind:string metadata:V1ObjectMeta spec:V1NetworkPolicySpec',
  V1NetworkPolicyEgressRule: 'ports:V1NetworkPolicyPort[] to:V1NetworkPolicyPeer[]',
  V1NetworkPolicyIngressRule: 'from:V1NetworkPolicyPeer[] ports:V1NetworkPolicyPort[]',
  V1NetworkPolicyPeer: 'ipBlock:V1IPBlock namespaceSelector:V1LabelSelector podSelector:V1LabelSelector',
  V1NetworkPolicyPort: 'endPort:number port:IntOrString protocol:string',
  V1NetworkPolicySpec:
    'egress:V1NetworkPolicyEgressRule[] ingress:V1NetworkPolicyIngressRule[] podSelector:V1LabelSelector policyTypes:string[]',
  V1NodeAffinity:
    'preferredDuringSchedulingIgnoredDuringExecution:V1PreferredSchedulingTerm[] requiredDuringSchedulingIgnoredDuringExecution:V1NodeSelector',
  V1NodeAllocatableResourceClaimStatus: 'containers:string[] resourceClaimName!:string resources!:map<string>',
  V1NodeSelector: 'nodeSelectorTerms!:V1NodeSelectorTerm[]',
  V1NodeSelectorRequirement: 'key!:string operator!:string values:string[]',
  V1NodeSelectorTerm: 'matchExpressions:V1NodeSelectorRequirement[] matchFields:V1NodeSelectorRequirement[]',
  V1ObjectFieldSelector: 'apiVersion:string fieldPath!:string',
  V1ObjectMeta:
    'annotations:map<string> creationTimestamp:time deletionGracePeriodSeconds:number deletionTimestamp:time finalizers:string[] generateName:string generation:number labels:map<string> managedFields:V1ManagedFieldsEntry[] name:string namespace:string ownerReferences:V1OwnerReference[] resourceVersion:string selfLink:string uid:string',
  V1ObjectReference:
    'apiVersion:string fieldPath:string kind:string name:string namespace:string resourceVersion:string uid:string',
  V1OwnerReference:
    'apiVersion!:string blockOwnerDeletion:boolean controller:boolean kind!:string name!:string uid!:string',
  V1PersistentVolumeClaim:
    'apiVersion:string kind:string metadata:V1ObjectMeta spec:V1PersistentVolumeClaimSpec status:V1PersistentVolumeClaimStatus',
  V1PersistentVolumeClaimCondition:
    'lastProbeTime:time lastTransitionTime:time message:string reason:string status!:string type!:string',
  V1PersistentVolumeClaimSpec:
    'accessModes:string[] dataSource:V1TypedLocalObjectReference dataSourceRef:V1TypedObjectReference resources:V1VolumeResourceRequirements selector:V1LabelSelector storageClassName:string volumeAttributesClassName:string volumeMode:string volumeName:string',
  V1PersistentVolumeClaimStatus:
    'accessModes:string[] allocatedResourceStatuses:map<string> allocatedResources:map<quantity> capacity:map<quantity> conditions:V1PersistentVolumeClaimCondition[] currentVolumeAttributesClassName:string modifyVolumeStatus:V1ModifyVolumeStatus phase:string',
  V1PersistentVolumeClaimTemplate: 'metadata:V1ObjectMeta spec!:V1PersistentVolumeClaimSpec',
  V1PersistentVolumeClaimVolumeSource: 'claimName!:string readOnly:boolean',
  V1PhotonPersistentDiskVolumeSource: 'fsType:string pdID!:string',
  V1Pod: 'apiVersion:string kind:string metadata:V1ObjectMeta spec:V1PodSpec status:V1PodStatus',
  V1PodAffinity:
    'preferredDuringSchedulingIgnoredDuringExecution:V1WeightedPodAffinityTerm[] requiredDuringSchedulingIgnoredDuringExecution:V1PodAffinityTerm[]',
  V1PodAffinityTerm:
    'labelSelector:V1LabelSelector matchLabelKeys:string[] mismatchLabelKeys:string[] namespaceSelector:V1LabelSelector namespaces:string[] topologyKey!:string',
  V1PodAntiAffinity:
    'preferredDuringSchedulingIgnoredDuringExecution:V1WeightedPodAffinityTerm[] requiredDuringSchedulingIgnoredDuringExecution:V1PodAffinityTerm[]',
  V1PodCertificateProjection:
    'certificateChainPath:string credentialBundlePath:string keyPath:string keyType!:string maxExpirationSeconds:number signerName!:string userAnnotations:map<string>',
  V1PodCondition:
    'lastProbeTime:time lastTransitionTime:time message:string observedGeneration:number reason:string status!:string type!:string',
  V1PodDNSConfig: 'nameservers:string[] options:V1PodDNSConfigOption[] searches:string[]',
  V1PodDNSConfigOption: 'name:string value:string',
  V1PodDisruptionBudget:
    'apiVersion:string kind:string metadata:V1ObjectMeta spec:V1PodDisruptionBudgetSpec status:V1PodDisruptionBudgetStatus',
  V1PodDisruptionBudgetSpec:
    'maxUnavailable:IntOrString minAvailable:IntOrString selector:V1LabelSelector unhealthyPodEvictionPolicy:string',
  V1PodDisruptionBudgetStatus:
    'conditions:V1Condition[] currentHealthy:number desiredHealthy:number disruptedPods:map<time> disruptionsAllowed:number expectedPods:number observedGeneration:number',
  V1PodExtendedResourceClaimStatus: 'requestMappings!:V1ContainerExtendedResourceRequest[] resourceClaimName!:string',
  V1PodFailurePolicy: 'rules!:V1PodFailurePolicyRule[]',
  V1PodFailurePolicyOnExitCodesRequirement: 'containerName:string operator!:string values!:number[]',
  V1PodFailurePolicyOnPodConditionsPattern: 'status:string type!:string',
  V1PodFailurePolicyRule:
    'action!:string onExitCodes:V1PodFailurePolicyOnExitCodesRequirement onPodConditions:V1PodFailurePolicyOnPodConditionsPattern[]',
  V1PodIP: 'ip!:string',
  V1PodOS: 'name!:string',
  V1PodReadinessGate: 'conditionType!:string',
  V1PodResourceClaim: 'name!:string resourceClaimName:string resourceClaimTemplateName:string',
  V1PodResourceClaimStatus: 'name!:string resourceClaimName:string',
  V1PodSchedulingGate: 'name!:string',
  V1PodSchedulingGroup: 'podGroupName:string',
  V1PodSecurityContext:
    'appArmorProfile:V1AppArmorProfile fsGroup:number fsGroupChangePolicy:string runAsGroup:number runAsNonRoot:boolean runAsUser:number seLinuxChangePolicy:string seLinuxOptions:V1SELinuxOptions seccompProfile:V1SeccompProfile supplementalGroups:number[] supplementalGroupsPolicy:string sysctls:V1Sysctl[] windowsOptions:V1WindowsSecurityContextOptions',
  V1PodSpec:
    'activeDeadlineSeconds:number affinity:V1Affinity automountServiceAccountToken:boolean containers!:V1Container[] dnsConfig:V1PodDNSConfig dnsPolicy:string enableServiceLinks:boolean ephemeralContainers:V1EphemeralContainer[] hostAliases:V1HostAlias[] hostIPC:boolean hostNetwork:boolean hostPID:boolean hostUsers:boolean hostname:string hostnameOverride:string imagePullSecrets:V1LocalObjectReference[] initContainers:V1Container[] nodeName:string nodeSelector:map<string> os:V1PodOS overhead:map<string> preemptionPolicy:string priority:number priorityClassName:string readinessGates:V1PodReadinessGate[] resourceClaims:V1PodResourceClaim[] resources:V1ResourceRequirements restartPolicy:string runtimeClassName:string schedulerName:string schedulingGates:V1PodSchedulingGate[] schedulingGroup:V1PodSchedulingGroup securityContext:V1PodSecurityContext serviceAccount:string serviceAccountName:string setHostnameAsFQDN:boolean shareProcessNamespace:boolean subdomain:string terminationGracePeriodSeconds:number tolerations:V1Toleration[] topologySpreadConstraints:V1TopologySpreadConstraint[] volumes:V1Volume[]',
  V1PodStatus:
    'allocatedResources:map<quantity> conditions:V1PodCondition[] containerStatuses:V1ContainerStatus[] ephemeralContainerStatuses:V1ContainerStatus[] extendedResourceClaimStatus:V1PodExtendedResourceClaimStatus hostIP:string hostIPs:V1HostIP[] initContainerStatuses:V1ContainerStatus[] message:string nodeAllocatableResourceClaimStatuses:V1NodeAllocatableResourceClaimStatus[] nominatedNodeName:string observedGeneration:number phase:string podIP:string podIPs:V1PodIP[] qosClass:string reason:string resize:string resourceClaimStatuses:V1PodResourceClaimStatus[] resources:V1ResourceRequirements startTime:time',
  V1PodTemplateSpec: 'metadata:V1ObjectMeta spec:V1PodSpec',
  V1PolicyRule: 'apiGroups:string[] nonResourceURLs:string[] resourceNames:string[] resources:string[] verbs!:string[]',
  V1PortStatus: 'error:string port!:number protocol!:string',
  V1PortworxVolumeSource: 'fsType:string readOnly:boolean volumeID!:string',
  V1PreferredSchedulingTerm: 'preference!:V1NodeSelectorTerm weight!:number',
  V1Probe:
    'exec:V1ExecAction failureThreshold:number grpc:V1GRPCAction httpGet:V1HTTPGetAction initialDelaySeconds:number periodSeconds:number successThreshold:number tcpSocket:V1TCPSocketAction terminationGracePeriodSeconds:number timeoutSeconds:number',
  V1ProjectedVolumeSource: 'defaultMode:number sources:V1VolumeProjection[]',
  V1QuobyteVolumeSource: 'group:string readOnly:boolean registry!:string tenant:string user:string volume!:string',
  V1RBDVolumeSource:
    'fsType:string image!:string keyring:string monitors!:string[] pool:string readOnly:boolean secretRef:V1LocalObjectReference user:string',
  V1ReplicaSet: 'apiVersion:string kind:string metadata:V1ObjectMeta spec:V1ReplicaSetSpec status:V1ReplicaSetStatus',
  V1ReplicaSetCondition: 'lastTransitionTime:time message:string reason:string status!:string type!:string',
  V1ReplicaSetSpec: 'minReadySeconds:number replicas:number selector!:V1LabelSelector template:V1PodTemplateSpec',
  V1ReplicaSetStatus:
    'availableReplicas:number conditions:V1ReplicaSetCondition[] fullyLabeledReplicas:number observedGeneration:number readyReplicas:number replicas!:number terminatingReplicas:number',
  V1ResourceFieldSelector: 'containerName:string divisor:quantity resource!:string',
  V1ResourceHealth: 'health:string message:string resourceID!:string',
  V1ResourceQuota:
    'apiVersion:string kind:string metadata:V1ObjectMeta spec:V1ResourceQuotaSpec status:V1ResourceQuotaStatus',
  V1ResourceQuotaSpec: 'hard:map<quantity> scopeSelector:V1ScopeSelector scopes:string[]',
  V1ResourceQuotaStatus: 'hard:map<quantity> used:map<quantity>',
  V1ResourceRequirements: 'claims:CoreV1ResourceClaim[] limits:map<quantity> requests:map<quantity>',
  V1ResourceStatus: 'name!:string resources:V1ResourceHealth[]',
  V1Role: 'apiVersion:string kind:string metadata:V1ObjectMeta rules:V1PolicyRule[]',
  V1RoleBinding: 'apiVersion:string kind:string metadata:V1ObjectMeta roleRef!:V1RoleRef subjects:RbacV1Subject[]',
  V1RoleRef: 'apiGroup:string kind!:string name!:string',
  V1RollingUpdateDeployment: 'maxSurge:IntOrString maxUnavailable:IntOrString',
  V1SELinuxOptions: 'level:string role:string type:string user:string',
  V1ScaleIOVolumeSource:
    'fsType:string gateway!:string protectionDomain:string readOnly:boolean secretRef!:V1LocalObjectReference sslEnabled:boolean storageMode:string storagePool:string system!:string volumeName:string',
  V1ScopeSelector: 'matchExpressions:V1ScopedResourceSelectorRequirement[]',
  V1ScopedResourceSelectorRequirement: 'operator!:string scopeName!:string values:string[]',
  V1SeccompProfile: 'localhostProfile:string type!:string',
  V1Secret:
    'apiVersion:string data:map<string> immutable:boolean kind:string metadata:V1ObjectMeta stringData:map<string> type:string',
  V1SecretEnvSource: 'name:string optional:boolean',
  V1SecretKeySelector: 'key!:string name:string optional:boolean',
  V1SecretProjection: 'items:V1KeyToPath[] name:string optional:boolean',
  V1SecretVolumeSource: 'defaultMode:number items:V1KeyToPath[] optional:boolean secretName:string',
  V1SecurityContext:
    'allowPrivilegeEscalation:boolean appArmorProfile:V1AppArmorProfile capabilities:V1Capabilities privileged:boolean procMount:string readOnlyRootFilesystem:boolean runAsGroup:number runAsNonRoot:boolean runAsUser:number seLinuxOptions:V1SELinuxOptions seccompProfile:V1SeccompProfile windowsOptions:V1WindowsSecurityContextOptions',
  V1Service: 'apiVersion:string kind:string metadata:V1ObjectMeta spec:V1ServiceSpec status:V1ServiceStatus',
  V1ServiceAccount:
    'apiVersion:string automountServiceAccountToken:boolean imagePullSecrets:V1LocalObjectReference[] kind:string metadata:V1ObjectMeta secrets:V1ObjectReference[]',
  V1ServiceAccountTokenProjection: 'audience:string expirationSeconds:number path!:string',
  V1ServiceBackendPort: 'name:string number:number',
  V1ServicePort: 'appProtocol:string name:string nodePort:number port!:number protocol:string targetPort:IntOrString',
  V1ServiceSpec:
    'allocateLoadBalancerNodePorts:boolean clusterIP:string clusterIPs:string[] externalIPs:string[] externalName:string externalTrafficPolicy:string healthCheckNodePort:number internalTrafficPolicy:string ipFamilies:string[] ipFamilyPolicy:string loadBalancerClass:string loadBalancerIP:string loadBalancerSourceRanges:string[] ports:V1ServicePort[] publishNotReadyAddresses:boolean selector:map<string> sessionAffinity:string sessionAffinityConfig:V1SessionAffinityConfig trafficDistribution:string type:string',
  V1ServiceStatus: 'conditions:V1Condition[] loadBalancer:V1LoadBalancerStatus',
  V1SessionAffinityConfig: 'clientIP:V1ClientIPConfig',
  V1SleepAction: 'seconds!:number',
  V1StorageOSVolumeSource:
    'fsType:string readOnly:boolean secretRef:V1LocalObjectReference volumeName:string volumeNamespace:string',
  V1SuccessPolicy: 'rules!:V1SuccessPolicyRule[]',
  V1SuccessPolicyRule: 'succeededCount:number succeededIndexes:string',
  V1Sysctl: 'name!:string value!:string',
  V1TCPSocketAction: 'host:string port!:IntOrString',
  V1Toleration: 'effect:string key:string operator:string tolerationSeconds:number value:string',
  V1TopologySpreadConstraint:
    'labelSelector:V1LabelSelector matchLabelKeys:string[] maxSkew!:number minDomains:number nodeAffinityPolicy:string nodeTaintsPolicy:string topologyKey!:string whenUnsatisfiable!:string',
  V1TypedLocalObjectReference: 'apiGroup:string kind!:string name!:string',
  V1TypedObjectReference: 'apiGroup:string kind!:string name!:string namespace:string',
  V1UncountedTerminatedPods: 'failed:string[] succeeded:string[]',
  V1Volume:
    'awsElasticBlockStore:V1AWSElasticBlockStoreVolumeSource azureDisk:V1AzureDiskVolumeSource azureFile:V1AzureFileVolumeSource cephfs:V1CephFSVolumeSource cinder:V1CinderVolumeSource configMap:V1ConfigMapVolumeSource csi:V1CSIVolumeSource downwardAPI:V1DownwardAPIVolumeSource emptyDir:V1EmptyDirVolumeSource ephemeral:V1EphemeralVolumeSource fc:V1FCVolumeSource flexVolume:V1FlexVolumeSource flocker:V1FlockerVolumeSource gcePersistentDisk:V1GCEPersistentDiskVolumeSource gitRepo:V1GitRepoVolumeSource glusterfs:V1GlusterfsVolumeSource hostPath:V1HostPathVolumeSource image:V1ImageVolumeSource iscsi:V1ISCSIVolumeSource name!:string nfs:V1NFSVolumeSource persistentVolumeClaim:V1PersistentVolumeClaimVolumeSource photonPersistentDisk:V1PhotonPersistentDiskVolumeSource portworxVolume:V1PortworxVolumeSource projected:V1ProjectedVolumeSource quobyte:V1QuobyteVolumeSource rbd:V1RBDVolumeSource scaleIO:V1ScaleIOVolumeSource secret:V1SecretVolumeSource storageos:V1StorageOSVolumeSource vsphereVolume:V1VsphereVirtualDiskVolumeSource',
  V1VolumeDevice: 'devicePath!:string name!:string',
  V1VolumeMount:
    'mountPath!:string mountPropagation:string name!:string readOnly:boolean recursiveReadOnly:string subPath:string subPathExpr:string',
  V1VolumeMountStatus:
    'mountPath!:string name!:string readOnly:boolean recursiveReadOnly:string volumeStatus:V1VolumeStatus',
  V1VolumeProjection:
    'clusterTrustBundle:V1ClusterTrustBundleProjection configMap:V1ConfigMapProjection downwardAPI:V1DownwardAPIProjection podCertificate:V1PodCertificateProjection secret:V1SecretProjection serviceAccountToken:V1ServiceAccountTokenProjection',
  V1VolumeResourceRequirements: 'limits:map<quantity> requests:map<quantity>',
  V1VolumeStatus: 'image:V1ImageVolumeStatus',
  V1VsphereVirtualDiskVolumeSource: 'fsType:string storagePolicyID:string storagePolicyName:string volumePath!:string',
  V1WeightedPodAffinityTerm: 'podAffinityTerm!:V1PodAffinityTerm weight!:number',
  V1WindowsSecurityContextOptions:
    'gmsaCredentialSpec:string gmsaCredentialSpecName:string hostProcess:boolean runAsUserName:string',
  V2ContainerResourceMetricSource: 'container!:string name!:string target!:V2MetricTarget',
  V2ContainerResourceMetricStatus: 'container!:string current!:V2MetricValueStatus name!:string',
  V2CrossVersionObjectReference: 'apiVersion:string kind!:string name!:string',
  V2ExternalMetricSource: 'metric!:V2MetricIdentifier target!:V2MetricTarget',
  V2ExternalMetricStatus: 'current!:V2MetricValueStatus metric!:V2MetricIdentifier',
  V2HPAScalingPolicy: 'periodSeconds!:number type!:string value!:number',
  V2HPAScalingRules:
    'policies:V2HPAScalingPolicy[] selectPolicy:string stabilizationWindowSeconds:number tolerance:string',
  V2HorizontalPodAutoscaler:
    'apiVersion:string kind:string metadata:V1ObjectMeta spec!:V2HorizontalPodAutoscalerSpec status:V2HorizontalPodAutoscalerStatus',
  V2HorizontalPodAutoscalerBehavior: 'scaleDown:V2HPAScalingRules scaleUp:V2HPAScalingRules',
  V2HorizontalPodAutoscalerCondition:
    'lastTransitionTime:time message:string reason:string status!:string type!:string',
  V2HorizontalPodAutoscalerSpec:
    'behavior:V2HorizontalPodAutoscalerBehavior maxReplicas!:number metrics:V2MetricSpec[] minReplicas:number scaleTargetRef!:V2CrossVersionObjectReference',
  V2HorizontalPodAutoscalerStatus:
    'conditions:V2HorizontalPodAutoscalerCondition[] currentMetrics:V2MetricStatus[] currentReplicas:number desiredReplicas!:number lastScaleTime:time observedGeneration:number',
  V2MetricIdentifier: 'name!:string selector:V1LabelSelector',
  V2MetricSpec:
    'containerResource:V2ContainerResourceMetricSource external:V2ExternalMetricSource object:V2ObjectMetricSource pods:V2PodsMetricSource resource:V2ResourceMetricSource type!:string',
  V2MetricStatus:
    'containerResource:V2ContainerResourceMetricStatus external:V2ExternalMetricStatus object:V2ObjectMetricStatus pods:V2PodsMetricStatus resource:V2ResourceMetricStatus type!:string',
  V2MetricTarget: 'averageUtilization:number averageValue:quantity type!:string value:string',
  V2MetricValueStatus: 'averageUtilization:number averageValue:quantity value:string',
  V2ObjectMetricSource:
    'describedObject!:V2CrossVersionObjectReference metric!:V2MetricIdentifier target!:V2MetricTarget',
  V2ObjectMetricStatus:
    'current!:V2MetricValueStatus describedObject!:V2CrossVersionObjectReference metric!:V2MetricIdentifier',
  V2PodsMetricSource: 'metric!:V2MetricIdentifier target!:V2MetricTarget',
  V2PodsMetricStatus: 'current!:V2MetricValueStatus metric!:V2MetricIdentifier',
  V2ResourceMetricSource: 'name!:string target!:V2MetricTarget',
  V2ResourceMetricStatus: 'current!:V2MetricValueStatus name!:string',
};
