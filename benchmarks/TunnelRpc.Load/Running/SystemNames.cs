namespace TunnelRpc.Load.Running;

/// <summary>The names of the measured systems.</summary>
internal static class SystemNames
{
    public const string TunnelRpc = "tunnelrpc";
    public const string RawTcp = "raw-tcp";
    public const string RawSession = "raw-session";
    public const string RawUpgrade = "raw-upgrade";
    public const string RawCopy = "raw-copy";
    public const string Http1 = "http1";
    public const string Http2 = "http2";

    public const string Grpc = "grpc";
    public const string SignalR = "signalr";
    public const string StreamJsonRpc = "streamjsonrpc";

    /// <summary>TunnelRpc as README teaches it.</summary>
    public const string TunnelRpcPlain = "tunnelrpc-plain";

    /// <summary>The systems of the program TunnelRpc.Load.Peers.</summary>
    public static IReadOnlyList<string> Peers { get; } = [TunnelRpcPlain, Grpc, SignalR, StreamJsonRpc];

    /// <summary>The names that <c>--system</c> accepts.</summary>
    public static IReadOnlyList<string> All { get; } = [TunnelRpc, RawTcp, RawSession, RawUpgrade, RawCopy, Http1, Http2, .. Peers];

    /// <summary>The server process of <see cref="Http1"/> and <see cref="Http2"/>.</summary>
    public const string Http = "http";

    /// <summary>The server process of the memory of sessions.</summary>
    public const string TunnelRpcMemory = "tunnelrpc-memory";

    /// <summary>The server process with authorization.</summary>
    public const string TunnelRpcGuarded = "tunnelrpc-guarded";

    /// <summary>The server process that is attacked.</summary>
    public const string TunnelRpcVictim = "tunnelrpc-victim";
}
