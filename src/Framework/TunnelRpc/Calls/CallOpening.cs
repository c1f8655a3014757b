using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Sends the CALL of whatever kind of call.</summary>
internal static class CallOpening
{
    /// <summary>Encodes the arguments at once, then opens the call, as soon as its kind may.</summary>
    /// <exception cref="TunnelException">The session has ended, or the arguments are too large.</exception>
    public static async ValueTask OpenAsync<TArgs>(
        this Multiplexer multiplexer,
        TunnelStream call,
        TunnelMethod method,
        ITunnelFormatter<TArgs> formatter,
        TArgs args,
        FrameFlags flags,
        CallSettings? settings,
        ReferenceScope? references,
        CancellationToken cancellationToken)
    {
        CallMetadata? metadata = settings?.Metadata;
        flags |= metadata is null ? FrameFlags.None : FrameFlags.Metadata;
        bool nested = settings is { Chain: not 0 };
        MessageBuffer buffer = MessageBuffer.Rent(multiplexer.OutgoingMessageLimit);
        try
        {
            CallBody.Write(buffer, method, metadata, formatter, args, references);
            bool inOrder = method.IsOrdered && !nested;
            if (!inOrder && multiplexer.TryOpen(call, flags, buffer.WrittenSpan))
            {
                return;
            }

            // What may have to wait counts from here on: callers who wait for nobody are bounded, too.
            int held = MessageBuffer.Held(buffer.Length);
            multiplexer.Memory.Keep(held, "The call");
            try
            {
                if (inOrder)
                {
                    await multiplexer.OpenInOrderAsync(call, flags, buffer.Written, cancellationToken, settings?.NewTurn()).ConfigureAwait(false);
                }
                else
                {
                    await multiplexer.OpenAsync(call, flags, buffer.Written, cancellationToken, settings?.NewTurn(), nested).ConfigureAwait(false);
                }
            }
            finally
            {
                multiplexer.Memory.AddForCalls(-held);
            }
        }
        finally
        {
            buffer.Return();
        }
    }
}
