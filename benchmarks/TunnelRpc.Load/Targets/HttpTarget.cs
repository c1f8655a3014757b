using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Http;
using TunnelRpc.Load.Paths;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Targets;

/// <summary>The RPC of the platform: HTTP with JSON.</summary>
internal sealed class HttpTarget : LoadTarget
{
    private readonly HttpClient _client;

    private HttpTarget(string system, ServerProcess server, bool isHttp2)
        : base(system, isHttp2 ? "h2c" : "http/1.1", server) => _client = HttpEcho.CreateClient(server.Ports[isHttp2 ? 1 : 0], isHttp2);

    public override Capabilities Supported => Capabilities.Calls | Capabilities.ItemsDown | Capabilities.ItemsUp | Capabilities.Bulk;

    public override TargetRank Rank => TargetRank.MainUnlessQuick;

    public static async Task<LoadTarget> StartAsync(string system, PathSettings? path) =>
        new HttpTarget(system, await ServerProcess.StartAsync(SystemNames.Http, path), system == SystemNames.Http2);

    public override ValueTask<Sample> EchoAsync() => HttpEcho.CallAsync(_client);

    public override async Task<StreamFigures> DownloadItemsAsync(TimeSpan duration)
    {
        long startTimestamp = Stopwatch.GetTimestamp();
        using HttpResponseMessage response = await GetAsync($"/items?milliseconds={duration.TotalMilliseconds:0}");
        long count = 0;
        Stream body = await response.Content.ReadAsStreamAsync();
        await foreach (Sample? item in JsonSerializer.DeserializeAsyncEnumerable(body, SampleJson.Default.Sample))
        {
            count++;
        }

        return new StreamFigures(count, Stopwatch.GetElapsedTime(startTimestamp));
    }

    public override async Task<StreamFigures> UploadItemsAsync(TimeSpan duration)
    {
        long startTimestamp = Stopwatch.GetTimestamp();
        using var content = JsonContent.Create(Items.For(duration), SampleJson.Default.IAsyncEnumerableSample);
        using HttpResponseMessage response = await _client.PostAsync("/items", content);
        long count = long.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(), CultureInfo.InvariantCulture);
        return new StreamFigures(count, Stopwatch.GetElapsedTime(startTimestamp));
    }

    public override async Task DownloadBytesAsync()
    {
        using HttpResponseMessage response = await GetAsync("/bytes");
        await (await response.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null, Blocks.Size);
    }

    public override async Task UploadBytesAsync()
    {
        using var content = new BlocksContent();
        using HttpResponseMessage response = await _client.PostAsync("/bytes", content);
        response.EnsureSuccessStatusCode();
    }

    protected override ValueTask DisconnectAsync()
    {
        _client.Dispose();
        return default;
    }

    private async Task<HttpResponseMessage> GetAsync(string path)
    {
        HttpResponseMessage response = await _client.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        return response.EnsureSuccessStatusCode();
    }
}
