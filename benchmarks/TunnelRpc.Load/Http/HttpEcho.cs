using System.Net;
using System.Net.Http.Json;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Http;

/// <summary>
/// Echoes by <see cref="HttpClient"/>: over HTTP/1.1 with a connection for each concurrent call, or over one HTTP/2 connection.
/// </summary>
internal static class HttpEcho
{
    public static HttpClient CreateClient(int port, bool isHttp2) => new(
        new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = false })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{port}"),
        DefaultRequestVersion = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public static async ValueTask<Sample> CallAsync(HttpClient client)
    {
        using HttpResponseMessage response = await client.PostAsJsonAsync("/echo", Sample.One, SampleJson.Default.Sample);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync(SampleJson.Default.Sample))!;
    }
}
