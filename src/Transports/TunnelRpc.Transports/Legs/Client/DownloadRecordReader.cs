using System.Buffers;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>Reads the records of one answer of the down leg.</summary>
/// <param name="connection">The carrier.</param>
/// <param name="epoch">The exchange's.</param>
/// <param name="offset">Where its data begins.</param>
internal sealed class DownloadRecordReader(ClientLegConnection connection, long epoch, long offset)
{
    private const int BufferBytes = 32 * 1024;

    private readonly LegRecordParser _parser = new();
    private long _offset = offset;

    /// <summary>Whether anything came but the report that every answer begins with.</summary>
    public bool HasProgressed { get; private set; }

    /// <summary>Reads to the body's end.</summary>
    /// <exception cref="TransportException">These are no records.</exception>
    public async Task ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (!connection.ReceiveBuffer.IsCompleted && await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and int read)
            {
                ReadOnlyMemory<byte> rest = buffer.AsMemory(0, read);
                while (!rest.IsEmpty)
                {
                    Task room = connection.ReceiveBuffer.WaitForCapacityAsync();
                    rest = rest[ProcessRecords(rest.Span)..];
                    if (!rest.IsEmpty)
                    {
                        await room.WaitAsync(cancellationToken).ConfigureAwait(false);
                    }
                }
            }
        }
        finally
        {
            // A read that was cancelled has let go of it.
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // How much of it was used; less than all when there is no room.
    private int ProcessRecords(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> input = bytes;
        while (_parser.TryRead(ref input, out LegRecordType type, out long value, out ReadOnlySpan<byte> data))
        {
            switch (type)
            {
                case LegRecordType.Data:
                    int added = connection.ReceiveBuffer.Append(epoch, _offset, data);
                    if (added < 0)
                    {
                        throw new TransportException($"{connection.TransportName}: the download was opened again.");
                    }

                    HasProgressed = true;
                    _offset += added;
                    _parser.Advance(ref input, added);
                    if (added < data.Length)
                    {
                        return bytes.Length - input.Length;
                    }

                    break;
                case LegRecordType.Consumed:
                    connection.OnAcknowledged(value);
                    break;
                case LegRecordType.Probe:
                    HasProgressed = true;
                    connection.OnProbeSeen(value);
                    break;
                default:
                    if (!connection.ReceiveBuffer.TryComplete(value))
                    {
                        throw new TransportException($"{connection.TransportName}: the server's end is at {value}, and {_offset} bytes came.");
                    }

                    connection.OnServerEnded();
                    return bytes.Length;
            }
        }

        return bytes.Length;
    }
}
