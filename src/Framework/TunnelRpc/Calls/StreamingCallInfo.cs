using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>What a call that streams back is made of, for each of its enumerations.</summary>
/// <param name="Method">The method.</param>
/// <param name="ArgumentsFormatter">Writes the arguments.</param>
/// <param name="Args">The arguments.</param>
/// <param name="ResultItemFormatter">Reads what comes back.</param>
/// <param name="ItemFormatter">Writes what goes up; null when nothing does.</param>
/// <param name="Items">What goes up; null when nothing does.</param>
/// <param name="Options">The stub's options; null for none.</param>
/// <param name="Peer">The peer.</param>
/// <param name="ReferenceId">The object that is called, of those that the peer has passed; 0 for a service.</param>
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
