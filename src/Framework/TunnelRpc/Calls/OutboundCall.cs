using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>What every call of this side needs: encoding, opening, cancelling.</summary>
internal abstract class OutboundCall(Multiplexer multiplexer) : TunnelStream
{
    protected Multiplexer Multiplexer => multiplexer;

    public override void OnCancel(TunnelStatus status) => OnLost(new TunnelException(status, $"The call ended with {status}."));

    /// <summary>Sends CALL.</summary>
    protected async ValueTask OpenAsync<TArgs>(
        TunnelMethod method, ITunnelFormatter<TArgs> formatter, TArgs args, FrameFlags flags, CallSettings? settings, ReferenceScope? references, CancellationToken cancellationToken)
    {
        CallMetadata? metadata = settings?.Metadata;
        flags |= metadata is null ? FrameFlags.None : FrameFlags.Metadata;
        MessageBuffer buffer = MessageBuffer.Rent(multiplexer.OutgoingMessageLimit);
        try
        {
            CallBody.Write(buffer, method, metadata, formatter, args, references);
            if (!multiplexer.TryOpen(this, flags, buffer.WrittenSpan))
            {
                await multiplexer.OpenAsync(this, flags, buffer.Written, cancellationToken, SendTurn.For(settings?.Priority ?? TunnelPriority.Normal)).ConfigureAwait(false);
            }
        }
        finally
        {
            buffer.Return();
        }
    }
}
