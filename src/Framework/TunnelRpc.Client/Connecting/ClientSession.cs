using TunnelRpc.Calls;
using TunnelRpc.Client.Negotiation;

namespace TunnelRpc.Client.Connecting;

/// <summary>A session of a client, from its start to its end.</summary>
/// <param name="peer">What it is called through; started.</param>
/// <param name="keeper">Keeps it on a path; owned.</param>
/// <param name="address">Its server.</param>
internal sealed class ClientSession(TunnelPeer peer, PathKeeper keeper, Uri address)
{
    public TunnelPeer Peer => peer;

    public Uri Address => address;

    /// <summary>Whether calls may be made on it.</summary>
    public bool IsUp => !peer.IsGone;

    /// <summary>Completes, without an exception, when calls should go to another session.</summary>
    public Task Left => peer.Left;

    /// <summary>Whether only calls that belong to what runs on it may be made.</summary>
    public bool IsDraining => peer.IsDraining && !peer.Carrier.IsEnding;

    /// <summary>Waits until the session is over, and with it everything of it. Once.</summary>
    public async Task EndAsync()
    {
        await peer.SessionCompletion.ConfigureAwait(false);
        await keeper.DisposeAsync().ConfigureAwait(false);
        await peer.Completion.ConfigureAwait(false);
    }

    /// <summary>Ends the session in order. Nobody looks for another path for it any more.</summary>
    public async Task CloseAsync()
    {
        await keeper.StopAsync().ConfigureAwait(false);
        await peer.DisposeAsync().ConfigureAwait(false);
    }
}
