using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Answering;

/// <summary>Reads one streamed upload, and answers 204 when its client ends it.</summary>
internal sealed class UploadExchange(Carrier carrier, IHttpExchange exchange, LegHeader header)
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
            Task room = carrier.Up.NextRoom();
            bool isFull = Use(result.Buffer, out long used);
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

        if (!_parser.IsAtBorder)
        {
            throw new TransportException("The upload ended inside a record.");
        }

        Answer(exchange, 204, carrier);
    }

    /// <summary>Sets an answer without a body that says how much was received.</summary>
    public static void Answer(IHttpExchange exchange, int status, Carrier carrier)
    {
        exchange.SetStatus(status);
        HttpHeaderValues.SetStreaming(exchange);
        exchange.SetResponseHeader(LegsProtocol.ReceivedHeader, carrier.Up.Received.ToString(CultureInfo.InvariantCulture));
    }

    // True when there was no room for all of it.
    private bool Use(in ReadOnlySequence<byte> bytes, out long used)
    {
        used = 0;
        foreach (ReadOnlyMemory<byte> memory in bytes)
        {
            ReadOnlySpan<byte> input = memory.Span;
            bool isFull = !UseAll(ref input);
            used += memory.Length - input.Length;
            if (isFull)
            {
                return true;
            }
        }

        return false;
    }

    private bool UseAll(ref ReadOnlySpan<byte> input)
    {
        while (_parser.TryRead(ref input, out LegRecordType type, out long value, out ReadOnlySpan<byte> data))
        {
            switch (type)
            {
                case LegRecordType.Data:
                    int added = carrier.IsClosing ? data.Length : carrier.Up.Add(header.Epoch, _offset, data);
                    if (added < 0)
                    {
                        throw new TransportException("The upload was opened again, or begins behind what was received.");
                    }

                    _offset += added;
                    _parser.Use(ref input, added);
                    if (added < data.Length)
                    {
                        return false;
                    }

                    break;
                case LegRecordType.Consumed when !carrier.Down.TryRelease(value):
                    throw new TransportException("The client has consumed what was never sent.");
                case LegRecordType.Probe:
                    carrier.See(header.Epoch, value);
                    break;
                case LegRecordType.End when value == _offset && (carrier.IsClosing || carrier.Up.TryComplete(value)):
                    carrier.EndByClient(null);
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
