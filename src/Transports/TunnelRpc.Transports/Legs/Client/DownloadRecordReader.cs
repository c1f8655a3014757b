using System.Buffers;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>Reads the records of one response of the download leg. Not thread-safe.</summary>
/// <param name="connection">The leg connection.</param>
/// <param name="epoch">The epoch of the exchange.</param>
/// <param name="offset">The offset of the first byte of data in the response.</param>
/// <param name="onRead">Called after each read of some bytes.</param>
internal sealed class DownloadRecordReader(ClientLegConnection connection, long epoch, long offset, Action? onRead = null)
{
    private const int BufferBytes = 32 * 1024;

    private readonly LegRecordParser _parser = new();
    private long _offset = offset;

    /// <summary>Whether a record was read other than the consumed report with which every response starts.</summary>
    public bool HasProgressed { get; private set; }

    /// <summary>Reads to the end of the body.</summary>
    /// <exception cref="TransportException">The body does not consist of valid records.</exception>
    public async Task ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (!connection.ReceiveBuffer.IsCompleted
                && await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and int read)
            {
                onRead?.Invoke();
                ReadOnlyMemory<byte> remaining = buffer.AsMemory(0, read);
                while (!remaining.IsEmpty)
                {
                    Task capacityFreed = connection.ReceiveBuffer.WaitForCapacityAsync();
                    remaining = remaining[ProcessRecords(remaining.Span)..];
                    if (!remaining.IsEmpty)
                    {
                        await capacityFreed.WaitAsync(cancellationToken).ConfigureAwait(false);
                    }
                }
            }
        }
        finally
        {
            // A cancelled read does not use the buffer any more.
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Returns the number of consumed bytes, fewer than all when the receive buffer has no capacity.
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
                        throw new TransportException($"{connection.TransportName}: the download was superseded by a newer one.");
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
                        throw new TransportException(
                            $"{connection.TransportName}: expected {value} bytes before the server's end, got {_offset} bytes.");
                    }

                    connection.OnServerEnded();
                    return bytes.Length;
            }
        }

        return bytes.Length;
    }
}
