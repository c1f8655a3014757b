using TunnelRpc.Calls;
using TunnelRpc.Client.Paths;

namespace TunnelRpc.Client.Connecting;

/// <summary>A session of a client, from its start to its end.</summary>
/// <param name="peer">What it is called through; started.</param>
/// <param name="monitor">Keeps it on a path; owned.</param>
/// <param name="address">Its server.</param>
internal sealed class ClientSession(TunnelPeer peer, PathMonitor monitor, Uri address)
{
    public TunnelPeer Peer => peer;

    public Uri Address => address;

    /// <summary>Whether calls may be made on it.</summary>
    public bool IsUsable => !peer.IsDrainingOrEnding;

    /// <summary>Completes, without an exception, when calls should go to another session.</summary>
    public Task DrainingOrEnded => peer.DrainingOrEnded;

    /// <summary>Whether only calls that belong to what runs on it may be made.</summary>
    public bool IsDraining => peer.IsDraining && !peer.Session.IsEnding;

    /// <summary>Waits until the session is over, and with it everything of it. Once.</summary>
    public async Task WaitForEndAsync()
    {
        await peer.SessionCompletion.ConfigureAwait(false);
        await monitor.DisposeAsync().ConfigureAwait(false);
        await peer.Completion.ConfigureAwait(false);
    }

    /// <summary>Ends the session in order. Nobody looks for another path for it any more.</summary>
    public async Task CloseAsync()
    {
        await monitor.StopAsync().ConfigureAwait(false);
        await peer.DisposeAsync().ConfigureAwait(false);
    }
}
