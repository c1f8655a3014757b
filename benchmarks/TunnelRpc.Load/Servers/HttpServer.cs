using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Http;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>The RPC of the platform: a minimal API with generated JSON, with one port for HTTP/1.1 and one for HTTP/2.</summary>
internal sealed class HttpServer() : WebServer(HttpProtocols.Http1, HttpProtocols.Http2)
{
    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration) =>
        throw new NotSupportedException("An HTTP server cannot call its client.");

    protected override void Configure(WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // At least the largest measured concurrency. The default of Kestrel is 100.
            kestrel.Limits.Http2.MaxStreamsPerConnection = 4096;
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, SampleJson.Default));
    }

    protected override void Map(WebApplication application)
    {
        application.MapPost("/echo", (Sample sample) => sample);
        application.MapGet("/items", (int milliseconds) => Items.For(TimeSpan.FromMilliseconds(milliseconds)));
        application.MapPost("/items", UploadItemsAsync);
        application.MapGet("/bytes", DownloadAsync);
        application.MapPost("/bytes", UploadAsync);
    }

    private static async Task<string> UploadItemsAsync(HttpRequest request)
    {
        long count = 0;
        await foreach (Sample? item in JsonSerializer.DeserializeAsyncEnumerable(request.Body, SampleJson.Default.Sample))
        {
            count++;
        }

        return $"{count}";
    }

    private static async Task DownloadAsync(HttpResponse response)
    {
        byte[] block = new byte[Blocks.Size];
        for (int i = 0; i < Blocks.Count; i++)
        {
            await response.BodyWriter.WriteAsync(block);
        }
    }

    private static async Task<string> UploadAsync(HttpRequest request)
    {
        long bytes = 0;
        while (true)
        {
            ReadResult read = await request.BodyReader.ReadAsync();
            bytes += read.Buffer.Length;
            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return $"{bytes}";
            }
        }
    }
}
