using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>An independent client of leg connections, implemented from docs/legs.md only. It sends what the test specifies.</summary>
internal sealed class LegPeer(Uri address) : IDisposable
{
    public const int PreambleBytes = 2048;

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false });

    public string Id { get; set; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public byte[] Key { get; set; } = RandomNumberGenerator.GetBytes(32);

    public string? User { get; set; }

    public string? Origin { get; set; }

    /// <summary>The value of the header TunnelRpc-Connection of the first exchange.</summary>
    public string Legs { get; set; } = "1 blocks poll";

    public void Dispose() => _http.Dispose();

    public HttpRequestMessage CreateDownload(string leg, bool isFirst = false)
    {
        HttpRequestMessage request = new(HttpMethod.Get, $"{address}/{Id}/down?n={leg.Split(' ')[1]}");
        Sign(request, "down", leg);
        if (isFirst)
        {
            request.Headers.Add("TunnelRpc-Connection", Legs);
            request.Headers.Add("TunnelRpc-Key", Base64Url.EncodeToString(Key));
        }

        return request;
    }

    public HttpRequestMessage CreateUpload(string leg, string body = "")
    {
        HttpRequestMessage request = new(HttpMethod.Post, $"{address}/{Id}/up")
        {
            Content = new ByteArrayContent(Encoding.Latin1.GetBytes(body)),
        };
        request.Headers.TransferEncodingChunked = leg.StartsWith("stream", StringComparison.Ordinal) ? true : null;
        Sign(request, "up", leg);
        return request;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            return await _http.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Sends a request and returns the status and the text of the response.</summary>
    public async Task<(int Status, string Text)> SendForTextAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(request, cancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    /// <summary>Sends a block and returns the status and the received offset of the response.</summary>
    public async Task<(int Status, long Received)> BlockAsync(long offset, string text, CancellationToken cancellationToken, long epoch = 1)
    {
        using HttpResponseMessage response = await SendAsync(Block(offset, text, epoch), cancellationToken);
        string received = response.Headers.GetValues("TunnelRpc-Received").Single();
        return ((int)response.StatusCode, long.Parse(received, CultureInfo.InvariantCulture));
    }

    public HttpRequestMessage Block(long offset, string text, long epoch = 1) =>
        CreateUpload($"block {epoch} {offset} 0 {text.Length} 0", text);

    /// <summary>Creates the leg connection with a poll, and opens its upload leg with an empty block.</summary>
    public async Task<ITransportConnection> OpenAsync(TransportTestServer server, CancellationToken cancellationToken)
    {
        (await SendForTextAsync(CreateDownload("poll 1 0 0 0 0", isFirst: true), cancellationToken)).Status.ShouldBe(200);
        (await BlockAsync(0, "", cancellationToken)).ShouldBe((204, 0));
        return await server.AcceptAsync(cancellationToken);
    }

    /// <summary>Sends a poll and returns the status, the data and whether the response has an End record.</summary>
    public async Task<(int Status, string Data, bool IsEnd)> PollAsync(long epoch, long offset, CancellationToken cancellationToken)
    {
        string leg = string.Create(CultureInfo.InvariantCulture, $"poll {epoch} {offset} 0 0 0");
        using HttpResponseMessage response = await SendAsync(CreateDownload(leg), cancellationToken);
        (string data, bool isEnd) = Data(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        return ((int)response.StatusCode, data, isEnd);
    }

    /// <summary>Returns the data of a body of complete records, and whether it has an End record.</summary>
    public static (string Data, bool IsEnd) Data(ReadOnlySpan<byte> body)
    {
        StringBuilder data = new();
        bool isEnd = false;
        while (!body.IsEmpty)
        {
            int length = (body[1] << 16) | (body[2] << 8) | body[3];
            isEnd |= body[0] == 4;
            data.Append(body[0] == 1 ? Encoding.Latin1.GetString(body.Slice(4, length)) : "");
            body = body[(4 + length)..];
        }

        return (data.ToString(), isEnd);
    }

    public static string Record(byte type, string payload)
        => $"{(char)type}{(char)(payload.Length >> 16)}{(char)((payload.Length >> 8) & 255)}{(char)(payload.Length & 255)}{payload}";

    private void Sign(HttpRequestMessage request, string leg, string header)
    {
        byte[] proof = HMACSHA256.HashData(Key, Encoding.ASCII.GetBytes($"{request.Method} {Id} {leg} {header}"));
        request.Headers.Add("TunnelRpc-Leg", header);
        request.Headers.Add("TunnelRpc-Proof", Base64Url.EncodeToString(proof));
        if (User is not null)
        {
            request.Headers.Add(TransportTestServer.UserHeader, User);
        }

        if (Origin is not null)
        {
            request.Headers.Add("Origin", Origin);
        }
    }
}
