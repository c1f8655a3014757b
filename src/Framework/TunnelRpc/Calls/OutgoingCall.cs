using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>What every call of this side needs: encoding, opening, cancelling.</summary>
internal abstract class OutgoingCall(Multiplexer multiplexer) : TunnelStream
{
    protected Multiplexer Multiplexer => multiplexer;

    public override void OnCancel(TunnelStatus status) => OnFailed(new TunnelException(status, $"The call ended with {status}."));

    /// <summary>Sends CALL.</summary>
    protected ValueTask OpenAsync<TArgs>(
        TunnelMethod method, ITunnelFormatter<TArgs> formatter, TArgs args, FrameFlags flags, CallSettings? settings, ReferenceScope? references, CancellationToken cancellationToken) =>
        multiplexer.OpenCallAsync(this, method, formatter, args, flags, settings, references, cancellationToken);
}
