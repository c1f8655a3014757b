using System.Threading.Channels;

namespace TunnelRpc.Cli.Exposing;

/// <summary>Shows what "tunnelrpc expose" does: as a live table, as lines of text or as JSON.</summary>
internal interface IExposeView
{
    /// <summary>Shows events until there are no more.</summary>
    /// <param name="events">The events. The queue drops the oldest ones while the view does not keep up.</param>
    Task ShowAsync(ChannelReader<ExposeEvent> events);
}
