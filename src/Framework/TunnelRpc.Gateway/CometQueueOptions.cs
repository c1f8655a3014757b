namespace TunnelRpc.Gateway;

/// <summary>The options of MapCometQueue.</summary>
public sealed class CometQueueOptions : GatewayPollingOptions;
