using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>A reverse proxy that applies a fault to each connection, chosen by the head of its first request.</summary>
internal sealed class FaultyRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _served = [];
    private readonly ConcurrentDictionary<TcpClient, string> _open = [];
    private readonly Channel<string> _arrived = Channel.CreateUnbounded<string>();
    private readonly Uri _target;
    private readonly Func<string, (RelayFault Fault, int Bytes)> _choose;
    private readonly Task _accepting;

    /// <summary>Starts to listen.</summary>
    /// <param name="target">The server.</param>
    /// <param name="choose">Maps the first head of a connection to its fault and the fault's number of bytes.</param>
    public FaultyRelay(Uri target, Func<string, (RelayFault Fault, int Bytes)> choose)
    {
        _target = target;
        _choose = choose;
        _listener.Start();
        _accepting = AcceptAllAsync();
    }

    public TunnelEndpoint Endpoint => new(new Uri($"http://{_listener.LocalEndpoint}{_target.AbsolutePath}"));

    /// <summary>The first head of each accepted connection.</summary>
    public ConcurrentQueue<string> Heads { get; } = [];

    /// <summary>Completed by the test to release the responses that <see cref="RelayFault.WaitForGate"/> delays.</summary>
    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether a head belongs to a streamed upload.</summary>
    public static bool IsUpload(string head) =>
        head.Contains("TunnelRpc-Leg: stream", StringComparison.Ordinal) && head.StartsWith("POST", StringComparison.Ordinal);

    /// <summary>Waits for the next connection whose first head contains <paramref name="part"/>.</summary>
    public async Task<string> NextAsync(string part, CancellationToken cancellationToken)
    {
        while (true)
        {
            string head = await _arrived.Reader.ReadAsync(cancellationToken);
            if (head.Contains(part, StringComparison.Ordinal))
            {
                return head;
            }
        }
    }

    /// <summary>Cuts all open connections whose first head contains <paramref name="part"/>.</summary>
    public void Cut(string part)
    {
        // A snapshot: connections that replace the first of these stay open.
        foreach ((TcpClient client, string head) in _open.ToArray())
        {
            if (head.Contains(part, StringComparison.Ordinal))
            {
                client.Close();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_served);
        _stop.Dispose();
    }

    private async Task AcceptAllAsync()
    {
        try
        {
            while (true)
            {
                _served.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The relay is disposed.
        }
    }

    private async Task ServeAsync(TcpClient accepted)
    {
        using TcpClient client = accepted;
        using TcpClient server = new() { NoDelay = true };
        client.NoDelay = true;
        try
        {
            string head = await ConnectProxy.ReadHeadAsync(client.GetStream(), _stop.Token);
            _open[client] = head;
            (RelayFault fault, int bytes) = _choose(head);
            Heads.Enqueue(head);
            await server.ConnectAsync(_target.Host, _target.Port, _stop.Token);
            _arrived.Writer.TryWrite(head);
            using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            Task upload = RelayUploadAsync(head, fault, bytes, client.GetStream(), server.GetStream(), ended.Token);
            Task download = RelayDownloadAsync(fault, bytes, server.GetStream(), client.GetStream(), ended.Token);
            await await Task.WhenAny(upload, download);
            await ended.CancelAsync();
            client.Close();
            server.Close();
            await Task.WhenAll(upload, download);
        }
        catch (Exception exception) when (
            exception is OperationCanceledException
                or SocketException
                or IOException
                or ObjectDisposedException
                or InvalidOperationException)
        {
            // The end of a connection is no error.
        }
        finally
        {
            _open.TryRemove(client, out _);
        }
    }

    private static async Task RelayUploadAsync(
        string head, RelayFault fault, int bytes, NetworkStream client, NetworkStream server, CancellationToken cancellationToken)
    {
        if (fault == RelayFault.BufferUntilComplete)
        {
            await BufferAsync(head, client, server, cancellationToken);
            await client.CopyToAsync(server, cancellationToken);
            return;
        }

        await server.WriteAsync(Encoding.Latin1.GetBytes(head), cancellationToken);
        byte[] buffer = new byte[16 * 1024];
        byte[] buffered = [];
        int total = 0;
        while (await client.ReadAsync(buffer, cancellationToken) is > 0 and int read)
        {
            total += read;
            byte[] chunk = buffer[..read];
            switch (fault)
            {
                case RelayFault.DropBody:
                    break;
                case RelayFault.CutUpload when total >= bytes:
                    return;
                case RelayFault.DelayByOneWrite:
                    await server.WriteAsync(buffered, cancellationToken);
                    buffered = chunk;
                    break;
                case RelayFault.BufferBelow:
                    buffered = [.. buffered, .. chunk];
                    if (total >= bytes)
                    {
                        await server.WriteAsync(buffered, cancellationToken);
                        buffered = [];
                    }

                    break;
                default:
                    await server.WriteAsync(chunk, cancellationToken);
                    break;
            }
        }
    }

    private static async Task BufferAsync(string head, NetworkStream client, NetworkStream server, CancellationToken cancellationToken)
    {
        await client.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancellationToken);
        StringBuilder body = new();
        byte[] buffer = new byte[16 * 1024];
        while (!body.ToString().EndsWith("0\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await client.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                return;
            }

            body.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        string request = head.Replace("Expect: 100-continue\r\n", "", StringComparison.OrdinalIgnoreCase) + body;
        await server.WriteAsync(Encoding.Latin1.GetBytes(request), cancellationToken);
    }

    private async Task RelayDownloadAsync(
        RelayFault fault, int bytes, NetworkStream server, NetworkStream client, CancellationToken cancellationToken)
    {
        if (fault is RelayFault.HeadOnly
            or RelayFault.BlackHoleResponse
            or RelayFault.CloseAfterResponse
            or RelayFault.DropResponse
            or RelayFault.WaitForGate)
        {
            string head = await ConnectProxy.ReadHeadAsync(server, cancellationToken);
            if (fault == RelayFault.DropResponse)
            {
                return;
            }

            if (fault == RelayFault.WaitForGate)
            {
                await Gate.Task.WaitAsync(cancellationToken);
            }

            if (fault != RelayFault.BlackHoleResponse)
            {
                await client.WriteAsync(Encoding.Latin1.GetBytes(head), cancellationToken);
            }

            if (fault == RelayFault.CloseAfterResponse)
            {
                await RelayBodyAsync(head, server, client, cancellationToken);
                return;
            }

            if (fault != RelayFault.WaitForGate)
            {
                await server.CopyToAsync(Stream.Null, cancellationToken);
                return;
            }
        }

        byte[] buffer = new byte[16 * 1024];
        int total = 0;
        while (await server.ReadAsync(buffer, cancellationToken) is > 0 and int read)
        {
            total += read;
            if (fault == RelayFault.CutDownload && total >= bytes)
            {
                return;
            }

            await client.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    private static async Task RelayBodyAsync(string head, NetworkStream server, NetworkStream client, CancellationToken cancellationToken)
    {
        string? field = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
        byte[] body = new byte[field is null ? 0 : int.Parse(field["Content-Length: ".Length..], CultureInfo.InvariantCulture)];
        await server.ReadExactlyAsync(body, cancellationToken);
        await client.WriteAsync(body, cancellationToken);
    }
}
