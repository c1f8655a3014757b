using System.Threading.Channels;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace TunnelRpc.Cli.Exposing;

/// <summary>Shows the latest requests in a table that is updated while they run; for a terminal. Used by one task.</summary>
internal sealed class LiveExposeView(ExposeOptions options) : IExposeView
{
    private const int MaxRows = 20;

    // A terminal need not be drawn for each request.
    private static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(100);

    private readonly Queue<RequestEvent> _latest = new();
    private string _state = "Connecting…";
    private Color _stateColor = Color.Yellow;
    private long _requests;

    public Task ShowAsync(ChannelReader<ExposeEvent> events) =>
        AnsiConsole.Live(Draw()).StartAsync(async live =>
        {
            while (await events.WaitToReadAsync().ConfigureAwait(false))
            {
                while (events.TryRead(out ExposeEvent? next))
                {
                    Apply(next);
                }

                live.UpdateTarget(Draw());
                live.Refresh();
                await Task.Delay(DrawInterval).ConfigureAwait(false);
            }
        });

    private void Apply(ExposeEvent next)
    {
        switch (next)
        {
            case ClaimedEvent claimed:
                _state = ExposeText.Format(claimed, options);
                _stateColor = Color.Green;
                break;
            case DisconnectedEvent disconnected:
                _state = ExposeText.Format(disconnected, options);
                _stateColor = Color.Yellow;
                break;
            case RequestEvent request:
                _requests++;
                _latest.Enqueue(request);
                if (_latest.Count > MaxRows)
                {
                    _latest.Dequeue();
                }

                break;
            default:
                break;
        }
    }

    private Rows Draw()
    {
        Table table = new Table().RoundedBorder().Expand();
        table.AddColumns("time", "method", "HTTP", "duration", "bytes up/down", "path");
        foreach (RequestEvent request in _latest)
        {
            Color color = request.Status switch
            {
                null or >= 500 => Color.Red,
                >= 400 => Color.Yellow,
                _ => Color.Green,
            };
            table.AddRow(
                new Text(request.Time.ToLocalTime().ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture)),
                new Text(request.Method),
                new Text(ExposeText.FormatStatus(request), new Style(color)),
                new Text(ExposeText.FormatTime(request.Elapsed)),
                new Text(ExposeText.FormatBytes(request)),
                new Text(request.Path + ExposeText.FormatDetail(request)));
        }

        IRenderable state = new Text(_state, new Style(_stateColor));
        return new Rows(state, new Text($"{_requests} requests. Ctrl-C ends."), table);
    }
}
