using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>A reverse proxy that treats each connection after what its first request says.</summary>
internal sealed class FaultyRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _served = [];
    private readonly ConcurrentDictionary<TcpClient, string> _open = [];
    private readonly Channel<string> _arrived = Channel.CreateUnbounded<string>();
    private readonly Uri _target;
    private readonly Func<string, (RelayFault Bend, int Bytes)> _choose;
    private readonly Task _accepting;

    /// <summary>Begins to listen.</summary>
    /// <param name="target">The server.</param>
    /// <param name="choose">What to do with a connection whose first head is this, and with how many bytes.</param>
    public FaultyRelay(Uri target, Func<string, (RelayFault Bend, int Bytes)> choose)
    {
        _target = target;
        _choose = choose;
        _listener.Start();
        _accepting = AcceptAllAsync();
    }

    public TunnelEndpoint Endpoint => new(new Uri($"http://{_listener.LocalEndpoint}{_target.AbsolutePath}"));

    /// <summary>The first head of each connection so far.</summary>
    public ConcurrentQueue<string> Heads { get; } = [];

    /// <summary>What <see cref="RelayFault.WaitForGate"/> waits for.</summary>
    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether a head is that of a streamed upload.</summary>
    public static bool IsUpload(string head) => head.Contains("TunnelRpc-Leg: stream", StringComparison.Ordinal) && head.StartsWith("POST", StringComparison.Ordinal);

    /// <summary>Waits for the next connection whose first head has this in it.</summary>
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

    /// <summary>Cuts every open connection whose first head has this in it.</summary>
    public void Cut(string part)
    {
        foreach ((TcpClient client, string head) in _open)
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
            // The relay's end.
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
            (RelayFault bend, int bytes) = _choose(head);
            Heads.Enqueue(head);
            await server.ConnectAsync(_target.Host, _target.Port, _stop.Token);
            _arrived.Writer.TryWrite(head);
            using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            Task up = RelayUploadAsync(head, bend, bytes, client.GetStream(), server.GetStream(), ended.Token);
            Task down = RelayDownloadAsync(bend, bytes, server.GetStream(), client.GetStream(), ended.Token);
            await await Task.WhenAny(up, down);
            await ended.CancelAsync();
            client.Close();
            server.Close();
            await Task.WhenAll(up, down);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The end of a connection is all in a proxy's day.
        }
        finally
        {
            _open.TryRemove(client, out _);
        }
    }

    private static async Task RelayUploadAsync(string head, RelayFault bend, int bytes, NetworkStream client, NetworkStream server, CancellationToken cancellationToken)
    {
        if (bend == RelayFault.BufferUntilComplete)
        {
            await BufferAsync(head, client, server, cancellationToken);
            await client.CopyToAsync(server, cancellationToken);
            return;
        }

        await server.WriteAsync(Encoding.Latin1.GetBytes(head), cancellationToken);
        byte[] buffer = new byte[16 * 1024];
        byte[] kept = [];
        int total = 0;
        while (await client.ReadAsync(buffer, cancellationToken) is > 0 and int read)
        {
            total += read;
            byte[] piece = buffer[..read];
            switch (bend)
            {
                case RelayFault.DropBody:
                    break;
                case RelayFault.CutUpload when total >= bytes:
                    return;
                case RelayFault.DelayByOneWrite:
                    await server.WriteAsync(kept, cancellationToken);
                    kept = piece;
                    break;
                case RelayFault.BufferBelow:
                    kept = [.. kept, .. piece];
                    if (total >= bytes)
                    {
                        await server.WriteAsync(kept, cancellationToken);
                        kept = [];
                    }

                    break;
                default:
                    await server.WriteAsync(piece, cancellationToken);
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

        string whole = head.Replace("Expect: 100-continue\r\n", "", StringComparison.OrdinalIgnoreCase) + body;
        await server.WriteAsync(Encoding.Latin1.GetBytes(whole), cancellationToken);
    }

    private async Task RelayDownloadAsync(RelayFault bend, int bytes, NetworkStream server, NetworkStream client, CancellationToken cancellationToken)
    {
        if (bend is RelayFault.HeadOnly or RelayFault.BlackHoleResponse or RelayFault.CloseAfterResponse or RelayFault.DropResponse or RelayFault.WaitForGate)
        {
            string head = await ConnectProxy.ReadHeadAsync(server, cancellationToken);
            if (bend == RelayFault.DropResponse)
            {
                return;
            }

            if (bend == RelayFault.WaitForGate)
            {
                await Gate.Task.WaitAsync(cancellationToken);
            }

            if (bend != RelayFault.BlackHoleResponse)
            {
                await client.WriteAsync(Encoding.Latin1.GetBytes(head), cancellationToken);
            }

            if (bend == RelayFault.CloseAfterResponse)
            {
                await PassAsync(head, server, client, cancellationToken);
                return;
            }

            if (bend != RelayFault.WaitForGate)
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
            if (bend == RelayFault.CutDownload && total >= bytes)
            {
                return;
            }

            await client.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    private static async Task PassAsync(string head, NetworkStream server, NetworkStream client, CancellationToken cancellationToken)
    {
        string? field = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
        byte[] body = new byte[field is null ? 0 : int.Parse(field["Content-Length: ".Length..], CultureInfo.InvariantCulture)];
        await server.ReadExactlyAsync(body, cancellationToken);
        await client.WriteAsync(body, cancellationToken);
    }
}
