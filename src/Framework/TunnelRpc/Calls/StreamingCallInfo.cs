using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The parameters of a call that streams back; each enumeration of its stream makes one such call.</summary>
/// <param name="Method">The method.</param>
/// <param name="ArgumentsFormatter">Writes the arguments.</param>
/// <param name="Args">The arguments.</param>
/// <param name="ResultItemFormatter">Reads the items of the peer.</param>
/// <param name="ItemFormatter">Writes the items of this side; null for server streaming.</param>
/// <param name="Items">The items of this side; null for server streaming.</param>
/// <param name="Options">The options of the stub; null for none.</param>
/// <param name="Peer">The peer.</param>
/// <param name="ReferenceId">The id of the object that is called, if the peer passed it by reference; 0 for a service.</param>
/// <param name="CancellationToken">Cancels every enumeration.</param>
internal sealed record StreamingCallInfo<TArgs, TItem, TResultItem>(
    TunnelMethod Method,
    ITunnelFormatter<TArgs> ArgumentsFormatter,
    TArgs Args,
    ITunnelFormatter<TResultItem> ResultItemFormatter,
    ITunnelFormatter<TItem>? ItemFormatter,
    IAsyncEnumerable<TItem>? Items,
    TunnelCallOptions? Options,
    TunnelPeer Peer,
    long ReferenceId,
    CancellationToken CancellationToken);
