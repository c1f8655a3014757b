using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>A call of this side that wants no reply; in the table only while it is sent in fragments.</summary>
internal sealed class OneWayCall(Multiplexer multiplexer) : OutgoingCall(multiplexer)
{
    public ValueTask SendAsync<TArgs>(
        TunnelMethod method, ITunnelFormatter<TArgs> formatter, TArgs args, CallSettings? settings, ReferenceScope? references, CancellationToken cancellationToken) =>
        OpenAsync(method, formatter, args, FrameFlags.OneWay | FrameFlags.End, settings, references, cancellationToken);

    public override void OnFailed(TunnelException error)
    {
        // The sender finds out as it sends the next fragment.
    }
}
