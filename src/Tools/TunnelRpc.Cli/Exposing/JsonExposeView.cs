using System.Text.Json;
using System.Threading.Channels;

namespace TunnelRpc.Cli.Exposing;

/// <summary>Writes one JSON object in one line for each event.</summary>
internal sealed class JsonExposeView(ExposeOptions options, TextWriter output) : IExposeView
{
    public async Task ShowAsync(ChannelReader<ExposeEvent> events)
    {
        while (await events.WaitToReadAsync().ConfigureAwait(false))
        {
            while (events.TryRead(out ExposeEvent? next))
            {
                string json = JsonSerializer.Serialize(ExposeJson.From(next, options), ExposeJsonContext.Default.ExposeJson);
                await output.WriteLineAsync(json).ConfigureAwait(false);
            }

            await output.FlushAsync().ConfigureAwait(false);
        }
    }
}
