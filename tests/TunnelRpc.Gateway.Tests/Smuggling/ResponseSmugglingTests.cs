using System.Globalization;
using System.Net.Http.Headers;
using TunnelRpc.Gateway.Messages;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Tests.Smuggling;

/// <summary>
/// Responses in the eyes of two parsers: what <see cref="HttpMessageReader"/> accepts, <see cref="HttpClient"/> understands as the same
/// response, and so does <see cref="HttpResponseReader"/>, which reads from connections. There is no exception.
/// </summary>
public sealed class ResponseSmugglingTests
{
    private const int MaxBodyBytes = 1 << 20;

    [Fact]
    public async Task Response_that_is_accepted_is_the_same_for_http_client()
    {
        MessageGenerator generator = new(SmugglingRun.Seed);
        Random random = new(SmugglingRun.Seed);
        List<string> failures = [];
        int accepted = 0;
        for (int index = 0; index < SmugglingRun.Count; index++)
        {
            (string method, byte[] message) = generator.NextResponse();
            int pieceBytes = random.Next(4) == 0 ? random.Next(1, 20) : 64 * 1024;
            UnderstoodMessage? ours = Read(message, method);
            UnderstoodMessage? theirs = await ReceiveAsync(message, method, pieceBytes).DefaultTimeout();
            UnderstoodMessage? streamed = await ReadFromConnectionAsync(message, method, pieceBytes).DefaultTimeout();
            if (ours is not null)
            {
                accepted++;
                string? difference = theirs is null ? "refused by HttpClient" : ours.FindDifference(theirs);
                difference ??= streamed is null ? "refused by HttpResponseReader" : ours.FindDifference(streamed);
                if (difference is not null)
                {
                    failures.Add($"{index}: {difference}: {method} \"{SmugglingRun.Show(message)}\"");
                }
            }
        }

        failures.Take(10).ShouldBeEmpty();
        accepted.ShouldBeInRange(SmugglingRun.Count / 5, SmugglingRun.Count * 4 / 5);
    }

    [Theory]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("GET", "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 201 y\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: u\r\n\r\n")]
    [InlineData("GET", "HTTP/1.0 200 OK\r\n\r\nto the end")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n")]
    public async Task Valid_response_is_understood_by_all(string method, string message)
    {
        byte[] bytes = System.Text.Encoding.Latin1.GetBytes(message);
        UnderstoodMessage ours = Read(bytes, method).ShouldNotBeNull();

        UnderstoodMessage? theirs = await ReceiveAsync(bytes, method, pieceBytes: 7).DefaultTimeout();
        UnderstoodMessage? streamed = await ReadFromConnectionAsync(bytes, method, pieceBytes: 7).DefaultTimeout();

        ours.FindDifference(theirs.ShouldNotBeNull()).ShouldBeNull();
        ours.FindDifference(streamed.ShouldNotBeNull()).ShouldBeNull();
    }

    [Fact]
    public async Task Response_that_http_client_frames_otherwise_is_refused()
    {
        // HttpClient takes the chunks, and other programs the length.
        byte[] both = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"u8.ToArray();

        Read(both, "GET").ShouldBeNull();
        (await ReadFromConnectionAsync(both, "GET", pieceBytes: 100)).ShouldBeNull();
        (await ReceiveAsync(both, "GET", pieceBytes: 100).DefaultTimeout()).ShouldNotBeNull().Body.ShouldBeEmpty();
    }

    private static UnderstoodMessage? Read(byte[] message, string method)
    {
        try
        {
            return Describe(HttpMessageReader.ReadResponse(message, method));
        }
        catch (MalformedHttpException)
        {
            return null;
        }
    }

    private static async Task<UnderstoodMessage?> ReadFromConnectionAsync(byte[] message, string method, int pieceBytes)
    {
        try
        {
            await using CannedStream stream = new(message, pieceBytes);
            return await HttpResponseReader.ReadAsync(stream, method, MaxBodyBytes, CancellationToken.None) is { } response
                ? Describe(response)
                : null;
        }
        catch (Exception refused) when (refused is MalformedHttpException or IOException)
        {
            return null;
        }
    }

    private static UnderstoodMessage Describe(HttpMessage response)
        => new("", response.Head.TargetOrStatus, response.Head.HeaderFields, response.Body.ToArray());

    // Null when HttpClient refuses the response.
    private static async Task<UnderstoodMessage?> ReceiveAsync(byte[] message, string method, int pieceBytes)
    {
        using SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new CannedStream(message, pieceBytes)),
        };
        using HttpMessageInvoker client = new(handler);
        using HttpRequestMessage request = new(new HttpMethod(method), "http://origin.example/");
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None);
            byte[] body = await response.Content.ReadAsByteArrayAsync();
            List<KeyValuePair<string, string>> fields = [];
            foreach (HttpHeaders headers in new HttpHeaders[] { response.Headers, response.Content.Headers })
            {
                foreach ((string name, HeaderStringValues values) in headers.NonValidated)
                {
                    fields.AddRange(values.Select(value => new KeyValuePair<string, string>(name, value)));
                }
            }

            return new UnderstoodMessage("", ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture), fields, body);
        }
        catch (Exception refused) when (refused is HttpRequestException or IOException)
        {
            return null;
        }
    }
}
