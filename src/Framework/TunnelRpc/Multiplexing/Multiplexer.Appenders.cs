using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <content>The steps that run under the lock of the session's writer, because state of the multiplexer has to change together with the
/// bytes appended.</content>
internal sealed partial class Multiplexer
{
    /// <summary>Allots a stream id, puts the stream into the table and appends the frame that opens it.</summary>
    private ref struct OpeningFrameAppender(
        Multiplexer multiplexer,
        TunnelStream stream,
        FrameType type,
        FrameFlags flags,
        ReadOnlySpan<byte> body,
        CallAffinity affinity) : IFrameAppender
    {
        private readonly ReadOnlySpan<byte> _body = body;

        /// <summary>False, and nothing was done, if this side drains and the call does not belong to a running one.</summary>
        public bool IsOpened { get; private set; }

        /// <exception cref="TunnelException">The session has ended, or a one-way call cannot be written any more.</exception>
        public void Append(SessionWriter.AppendScope scope)
        {
            // DRAIN is appended under the same lock: no call that it excludes follows it in the session's stream.
            if (multiplexer._drainReason is not null && affinity == CallAffinity.AnySession)
            {
                return;
            }

            stream.Id = multiplexer._nextStreamId;
            stream.CallEndOffset = 0;
            Volatile.Write(ref multiplexer._nextStreamId, stream.Id + 2);
            bool isInTable = (flags & FrameFlags.OneWay) == 0 || type == FrameType.Fragment;
            if (isInTable && !multiplexer._streams.TryAdd(stream, out TunnelException? error))
            {
                throw CallFailure.ForUnsentCall(error);
            }

            // Before the frame is written: the peer may answer it at once.
            stream.OnOpening();
            Span<byte> header = stackalloc byte[Frame.MaxHeaderSize];
            int size = Frame.WriteHeader(header, type, flags, stream.Id, _body.Length);
            FrameTraffic traffic = type == FrameType.Fragment ? FrameTraffic.Bulk : FrameTraffic.Small;
            bool isWritten = scope.TryAppend(header[..size], _body, out long endOffset, traffic);
            if (!isWritten && !isInTable)
            {
                // A call in the table fails when the session ends. A one-way call is not in the table: its caller has to be notified here.
                throw multiplexer.CallNotSentError();
            }

            if (isWritten && type == FrameType.Call)
            {
                stream.CallEndOffset = endOffset;
            }

            if (!isInTable)
            {
                stream.OutgoingPermit.KeepUntilReported();
            }

            IsOpened = true;
        }
    }

    /// <summary>
    /// Appends the CALL frame that ends a call's fragments, and sets <see cref="TunnelStream.CallEndOffset"/>: both are visible together to
    /// the session's end, which decides by the offset whether the call was sent.
    /// </summary>
    private readonly ref struct CallFrameAppender(TunnelStream stream, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body) : IFrameAppender
    {
        private readonly ReadOnlySpan<byte> _header = header;
        private readonly ReadOnlySpan<byte> _body = body;

        public void Append(SessionWriter.AppendScope scope)
        {
            if (scope.TryAppend(_header, _body, out long endOffset, FrameTraffic.Bulk))
            {
                stream.CallEndOffset = endOffset;
            }
        }
    }

    /// <summary>Marks this side as draining and appends DRAIN, unless it drains already.</summary>
    private ref struct DrainAppender(Multiplexer multiplexer, string reason, ReadOnlySpan<byte> frame) : IFrameAppender
    {
        private readonly ReadOnlySpan<byte> _frame = frame;

        /// <summary>Whether this side was draining already; nothing was done then.</summary>
        public bool WasDraining { get; private set; }

        public void Append(SessionWriter.AppendScope scope)
        {
            WasDraining = multiplexer._drainReason is not null;
            if (!WasDraining)
            {
                multiplexer._drainReason = reason;
                scope.TryAppend(_frame, default, out _);
            }
        }
    }
}
