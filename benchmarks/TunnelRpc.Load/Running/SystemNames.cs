namespace TunnelRpc.Load.Running;

/// <summary>What is measured side by side.</summary>
internal static class SystemNames
{
    public const string TunnelRpc = "tunnelrpc";
    public const string RawTcp = "raw-tcp";
    public const string RawSession = "raw-session";
    public const string RawUpgrade = "raw-upgrade";
    public const string RawCopy = "raw-copy";
    public const string Http1 = "http1";
    public const string Http2 = "http2";

    /// <summary>Those that can be asked for.</summary>
    public static IReadOnlyList<string> All { get; } = [TunnelRpc, RawTcp, RawSession, RawUpgrade, RawCopy, Http1, Http2];

    /// <summary>The server of both versions of HTTP.</summary>
    public const string Http = "http";
}
