using TunnelRpc.Gateway.Polling;

namespace TunnelRpc.Gateway.RawHttp;

/// <summary>
/// A program that polls one name, with at most one request in flight. The lock of its <see cref="RawHttpSessions"/> guards it.
/// </summary>
internal sealed class RawHttpSession
{
    /// <summary>The secret that the program sends in X-Session.</summary>
    public string Id { get; set; } = string.Empty;

    /// <summary>The request in flight; null for none.</summary>
    public QueuedRequest? Request { get; set; }

    /// <summary>The polls that wait.</summary>
    public int Polls { get; set; }
}
