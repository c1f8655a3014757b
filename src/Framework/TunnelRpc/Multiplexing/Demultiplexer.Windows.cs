namespace TunnelRpc.Multiplexing;

/// <content>The frames about windows and credit.</content>
internal sealed partial class Demultiplexer
{
    private void OnBlocked(ulong id, ReadOnlySpan<byte> body)
    {
        if (!body.IsEmpty)
        {
            throw new TunnelProtocolException($"Expected BLOCKED without a body, got {body.Length} bytes.");
        }

        if (streams.Find(id) is not TunnelStream stream)
        {
            CheckWasOpened(id, FrameType.Blocked);
        }
        else if (stream.ReceiveWindow is null)
        {
            throw new TunnelProtocolException($"Expected no BLOCKED on stream {id}, on which the peer sends no items, got one.");
        }
        else
        {
            stream.ReceiveWindow.OnPeerBlocked();
        }
    }

    private void OnCredit(ulong id, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        if (id == 0)
        {
            OnSessionCredit(body);
            return;
        }

        if (!VarInt.TryRead(body, out ulong bytes, out int size) || size != body.Length)
        {
            throw new TunnelProtocolException($"Expected CREDIT with one varint, got {body.Length} other bytes.");
        }

        if (streams.Find(id) is not TunnelStream stream)
        {
            CheckWasOpened(id, FrameType.Credit);
        }
        else if (stream.SendWindow is null)
        {
            throw new TunnelProtocolException($"Expected no CREDIT on stream {id}, on which this side sends no items, got some.");
        }
        else
        {
            stream.SendWindow.AddCredit(bytes, (flags & CreditFlags.Window) != 0);
        }
    }

    private void OnSessionCredit(ReadOnlySpan<byte> body)
    {
        if (!VarInt.TryRead(body, out ulong oneWayCount, out int first)
            || !VarInt.TryRead(body[first..], out ulong oneWayBytes, out int second)
            || !VarInt.TryRead(body[(first + second)..], out ulong itemBytes, out int third)
            || first + second + third != body.Length
            || (oneWayCount | oneWayBytes | itemBytes) == 0)
        {
            throw new TunnelProtocolException(
                $"Expected CREDIT on stream 0 with three varints that are not all 0, got {body.Length} other bytes.");
        }

        if (!multiplexer.TryReleaseOneWays(oneWayCount, oneWayBytes))
        {
            throw new TunnelProtocolException(
                "Expected CREDIT on stream 0 for one-way calls that were sent, "
                + $"got it for {oneWayCount} of them with {oneWayBytes} bytes of arguments.");
        }

        if (!multiplexer.SentItems.TryRelease(itemBytes))
        {
            throw new TunnelProtocolException(
                $"Expected CREDIT on stream 0 for items that were sent, at most {multiplexer.SentItems.AdmittedBytes} bytes, "
                + $"got it for {itemBytes} bytes.");
        }
    }
}
