using System.Threading.Channels;

namespace TunnelRpc.Cli.Exposing;

/// <summary>Writes a line for each event, without control codes; for files, pipes and logs.</summary>
internal sealed class PlainExposeView(ExposeOptions options, TextWriter output) : IExposeView
{
    public async Task ShowAsync(ChannelReader<ExposeEvent> events)
    {
        while (await events.WaitToReadAsync().ConfigureAwait(false))
        {
            while (events.TryRead(out ExposeEvent? next))
            {
                await output.WriteLineAsync(ExposeText.Format(next, options)).ConfigureAwait(false);
            }

            await output.FlushAsync().ConfigureAwait(false);
        }
    }
}
