using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using TunnelRpc.Gateway.Messages;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.ReverseHttp;

/// <summary>
/// Adds "Connection: Upgrade" to the first request of a connection if it is an upgrade to PTTH without a Connection field, as programs of
/// 2008 send it: Kestrel does not upgrade without that field (RFC 9110, 7.8). All other bytes stay as they are. Stateless.
/// </summary>
internal static class HeadMender
{
    private const int MaxHeadBytes = 8 * 1024;

    private static ReadOnlySpan<byte> Start => "POST "u8;

    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    private static ReadOnlySpan<byte> Added => "\r\nConnection: Upgrade\r\n\r\n"u8;

    /// <summary>Reads the first head, and passes the connection on.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="next">The rest of the server.</param>
    /// <param name="timeout">
    /// The time to wait for the head. After it the connection is passed on, and the server's own timeouts apply.
    /// </param>
    /// <param name="time">The clock.</param>
    public static async Task HandleAsync(ConnectionContext connection, ConnectionDelegate next, TimeSpan timeout, TimeProvider time)
    {
        IDuplexPipe transport = connection.Transport;
        if (await FindMendedAsync(transport.Input, timeout, time, connection.ConnectionClosed).ConfigureAwait(false) is { } head)
        {
            PipeReader mended = PipeReader.Create(new PrefixedStream(head, transport.Input.AsStream()));
            connection.Transport = new MendedTransport(mended, transport.Output);
        }

        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            connection.Transport = transport;
        }
    }

    /// <summary>Returns the head with the field, or null when the head stays as it is.</summary>
    public static byte[]? Mend(ReadOnlySpan<byte> head)
    {
        bool isPtth = false;
        try
        {
            if (!Http1HeadParser.TryParse(head, isRequest: true, MessageRules.Heads, out Http1Head? parsed, out int consumed)
                || consumed != head.Length
                || parsed.VersionOrReason != "HTTP/1.1")
            {
                return null;
            }

            foreach ((string name, string value) in parsed.HeaderFields)
            {
                if (name.Equals("Connection", StringComparison.OrdinalIgnoreCase))
                {
                    return null;
                }

                isPtth |= name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase)
                    && (value.StartsWith("PTTH/", StringComparison.OrdinalIgnoreCase)
                        || value.Equals("ptth", StringComparison.OrdinalIgnoreCase));
            }
        }
        catch (MalformedHttpException)
        {
            // The server refuses it in its own words.
            return null;
        }

        return isPtth ? [.. head[..^HeadEnd.Length], .. Added] : null;
    }

    // Consumes the head only if it is mended.
    private static async ValueTask<byte[]?> FindMendedAsync(
        PipeReader input, TimeSpan timeout, TimeProvider time, CancellationToken closed)
    {
        using CancellationTokenSource late = new(timeout, time);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, closed);
        while (true)
        {
            ReadResult result;
            try
            {
                result = await input.ReadAsync(ended.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return null;
            }

            ReadOnlySequence<byte> buffer = result.Buffer;
            byte[] start = buffer.Slice(0, Math.Min(buffer.Length, MaxHeadBytes)).ToArray();
            int end = start.AsSpan().IndexOf(HeadEnd);
            if (end >= 0)
            {
                end += HeadEnd.Length;
                byte[]? mended = Mend(start.AsSpan(0, end));
                input.AdvanceTo(mended is null ? buffer.Start : buffer.GetPosition(end));
                return mended;
            }

            // Other requests, also those of HTTP/2, are passed on with their first bytes.
            int compared = Math.Min(start.Length, Start.Length);
            if (result.IsCompleted
                || result.IsCanceled
                || start.Length == MaxHeadBytes
                || !start.AsSpan(0, compared).SequenceEqual(Start[..compared]))
            {
                input.AdvanceTo(buffer.Start);
                return null;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private sealed class MendedTransport(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
