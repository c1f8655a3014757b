using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc.Gateway.ReverseHttp;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Accepts the upgrades of old reverse-HTTP programs at an endpoint of Kestrel.</summary>
public static class ReverseHttpListenOptionsExtensions
{
    private static readonly TimeSpan HeadTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Adds <c>Connection: Upgrade</c> to the first request of a connection when it is a POST with <c>Upgrade: PTTH/…</c> and without a
    /// Connection field, as programs of 2008 send it. No other byte is changed. Waits at most 10 s for the head, and passes other
    /// connections on as they are. Call it after UseHttps.
    /// </summary>
    /// <param name="listen">The endpoint.</param>
    /// <returns><paramref name="listen"/>.</returns>
    public static ListenOptions UseReverseHttpHeads(this ListenOptions listen)
    {
        ArgumentNullException.ThrowIfNull(listen);
        listen.Use(next => connection => HeadMender.HandleAsync(connection, next, HeadTimeout, TimeProvider.System));
        return listen;
    }
}
