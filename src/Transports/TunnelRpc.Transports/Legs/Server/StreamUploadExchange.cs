using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Server;

/// <summary>
/// Reads one streamed upload, and responds with 204 when the client ends its body. One instance per exchange. Not thread-safe.
/// </summary>
internal sealed class StreamUploadExchange(ServerLegConnection connection, IHttpExchange exchange, LegHeader header)
{
    private readonly LegRecordParser _parser = new();

    // The offset of the next byte of data.
    private long _offset = header.Offset;

    /// <summary>Reads to the end of the body and sets the response.</summary>
    /// <exception cref="TransportException">The body violates the protocol, or the upload was superseded.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        PipeReader body = exchange.RequestBody;
        while (true)
        {
            ReadResult result = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            Task capacityFreed = connection.ReceiveBuffer.WaitForCapacityAsync();
            bool isFull = ProcessRecords(result.Buffer, out long consumedBytes);
            body.AdvanceTo(result.Buffer.GetPosition(consumedBytes));
            if (isFull)
            {
                await capacityFreed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            else if (result.IsCompleted)
            {
                break;
            }
        }

        if (!_parser.IsAtRecordBoundary)
        {
            throw new TransportException("The upload ended inside a record.");
        }

        SetResponse(exchange, 204, connection);
    }

    /// <summary>Sets a response without a body, with the received offset in its header.</summary>
    public static void SetResponse(IHttpExchange exchange, int status, ServerLegConnection connection)
    {
        exchange.SetStatusCode(status);
        HttpHeaderValues.DisableBuffering(exchange);
        string receivedOffset = connection.ReceiveBuffer.ReceivedOffset.ToString(CultureInfo.InvariantCulture);
        exchange.SetResponseHeader(LegProtocol.ReceivedHeader, receivedOffset);
    }

    // Returns true when the receive buffer had no capacity for all data.
    private bool ProcessRecords(in ReadOnlySequence<byte> bytes, out long consumedBytes)
    {
        consumedBytes = 0;
        foreach (ReadOnlyMemory<byte> memory in bytes)
        {
            ReadOnlySpan<byte> input = memory.Span;
            bool isFull = !TryProcessSegment(ref input);
            consumedBytes += memory.Length - input.Length;
            if (isFull)
            {
                return true;
            }
        }

        return false;
    }

    private bool TryProcessSegment(ref ReadOnlySpan<byte> input)
    {
        while (_parser.TryRead(ref input, out LegRecordType type, out long value, out ReadOnlySpan<byte> data))
        {
            switch (type)
            {
                case LegRecordType.Data:
                    int added = connection.IsClosing ? data.Length : connection.ReceiveBuffer.Append(header.Epoch, _offset, data);
                    if (added < 0)
                    {
                        throw new TransportException("The upload was superseded by a newer one, or starts beyond the received bytes.");
                    }

                    _offset += added;
                    _parser.Advance(ref input, added);
                    if (added < data.Length)
                    {
                        return false;
                    }

                    break;
                case LegRecordType.Consumed when !connection.SendBuffer.TryAcknowledge(value):
                    throw new TransportException($"The client has consumed {value} bytes, more than were sent.");
                case LegRecordType.Probe:
                    connection.OnProbeReceived(header.Epoch, value);
                    break;
                case LegRecordType.End when value == _offset && (connection.IsClosing || connection.ReceiveBuffer.TryComplete(value)):
                    connection.OnClientEnded(null);
                    break;
                case LegRecordType.End:
                    throw new TransportException($"Expected {value} bytes before the client's end, got {_offset} bytes.");
                default:
                    break;
            }
        }

        return true;
    }
}
