using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0057-in-flight-limit.md
// Calls with large arguments, which are decoded after the reader has added the call to the stream table. The call may be cancelled, or
// fail, before it is decoded: its work is queued after the decoding in any case, and ends it.
internal abstract partial class IncomingCall : ILargeMessage
{
    // Set by the reader before the call is in the queue of large messages; used by the thread that decodes it. The arguments are the last
    // bytes of the message.
    private PartialMessage? _message;
    private int _encodedLength;

    // Set before the work is queued: why the call is refused instead of run; null if its arguments are decoded.
    private TunnelException? _undecodable;

    /// <summary>
    /// Whether the arguments may be decoded after <see cref="Begin"/>: the message is large, and neither order nor the place where the call
    /// runs matters. References that the arguments pass are imported by the reader.
    /// </summary>
    public static bool MayDecodeLater(TunnelMethod method, in IncomingCallInfo head) =>
        head.Message is not null
        && !method.IsOrdered
        && head.References is null
        && head.Scheduler is null
        && head.Metadata is not { ChainId: not 0 };

    /// <summary>Decodes the arguments. Runs constructors and setters of the argument types.</summary>
    /// <param name="arguments">The encoded arguments.</param>
    /// <param name="heldBytes">The encoded bytes of what was decoded; the others were skipped.</param>
    protected abstract void DecodeArguments(ReadOnlySpan<byte> arguments, out int heldBytes);

    /// <summary>Releases the memory of encoded arguments that the decoded ones do not hold. Before the work, or by it.</summary>
    protected void ReduceLease(int bytes) => _lease.Reduce(bytes);

    void ILargeMessage.Decode()
    {
        DecodeMessage();
        Peer.Multiplexer.Work.Enqueue(this);
    }

    private bool TryDecodeLater(in IncomingCallInfo head, int encodedLength)
    {
        PartialMessage message = head.Message!;
        head.Message = null;
        _message = message;
        _encodedLength = encodedLength;
        if (Peer.Multiplexer.LargeMessages.TryEnqueue(this, message.Length))
        {
            return true;
        }

        DecodeMessage();
        return false;
    }

    private void DecodeMessage()
    {
        PartialMessage message = _message!;
        _message = null;
        try
        {
            DecodeArguments(message.Bytes[^_encodedLength..], out int heldBytes);
            ReduceLease(_encodedLength - heldBytes);
        }
        catch (Exception error)
        {
            // Not only MessagePackException: constructors and setters of the argument types may throw any exception.
            ReduceLease(_encodedLength);
            _undecodable = new TunnelException(TunnelStatus.InvalidArgument, Peer.DescribeUndecodable(Method, error), error);
            if (IsOneWay)
            {
                Peer.OnOneWayRefused(_undecodable.Message);
            }
        }
        finally
        {
            message.Dispose();
        }
    }
}
