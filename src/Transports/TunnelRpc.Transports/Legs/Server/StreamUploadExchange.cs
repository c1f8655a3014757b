using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Server;

/// <summary>Reads one streamed upload, and answers 204 when its client ends it.</summary>
internal sealed class StreamUploadExchange(ServerLegConnection connection, IHttpExchange exchange, LegHeader header)
{
    private readonly LegRecordParser _parser = new();

    // Where the next byte of data belongs.
    private long _offset = header.Offset;

    /// <summary>Reads to the end of the body.</summary>
    /// <exception cref="TransportException">It breaks the rules, or its turn is over.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        PipeReader body = exchange.RequestBody;
        while (true)
        {
            ReadResult result = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            Task room = connection.ReceiveBuffer.WaitForCapacityAsync();
            bool isFull = ProcessRecords(result.Buffer, out long used);
            body.AdvanceTo(result.Buffer.GetPosition(used));
            if (isFull)
            {
                await room.WaitAsync(cancellationToken).ConfigureAwait(false);
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

    /// <summary>Sets an answer without a body that says how much was received.</summary>
    public static void SetResponse(IHttpExchange exchange, int status, ServerLegConnection connection)
    {
        exchange.SetStatusCode(status);
        HttpHeaderValues.DisableBuffering(exchange);
        exchange.SetResponseHeader(LegProtocol.ReceivedHeader, connection.ReceiveBuffer.ReceivedOffset.ToString(CultureInfo.InvariantCulture));
    }

    // True when there was no room for all of it.
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
                        throw new TransportException("The upload was opened again, or begins behind what was received.");
                    }

                    _offset += added;
                    _parser.Advance(ref input, added);
                    if (added < data.Length)
                    {
                        return false;
                    }

                    break;
                case LegRecordType.Consumed when !connection.SendBuffer.TryAcknowledge(value):
                    throw new TransportException("The client has consumed what was never sent.");
                case LegRecordType.Probe:
                    connection.OnProbeReceived(header.Epoch, value);
                    break;
                case LegRecordType.End when value == _offset && (connection.IsClosing || connection.ReceiveBuffer.TryComplete(value)):
                    connection.OnClientEnded(null);
                    break;
                case LegRecordType.End:
                    throw new TransportException($"The client's end is at {value}, and {_offset} bytes came.");
                default:
                    break;
            }
        }

        return true;
    }
}
