namespace Corpus.SignalR;

// A hub with a typed client.
[TunnelService(Callback = typeof(IChatClient))] public partial interface IChatHub
{
    Task SendMessage(string user, string message);
    Task<IReadOnlyList<string>> GetUsers();
    Task JoinGroup(string group);
}

[TunnelService] public partial interface IChatClient
{
    Task ReceiveMessage(string user, string message);
    Task UserJoined(string user, DateTime at);
    Task<string> GetMessage();
}

// Streams, and a token.
[TunnelService] public partial interface ICounterHub
{
    IAsyncEnumerable<int> Counter(int count, int delay, CancellationToken cancellationToken);
    Task UploadStream(IAsyncEnumerable<string> stream);
}

// A board of notifications: mutable classes as JSON hubs have them.
public class Notification
{
    public int Id { get; set; }

    public string Title { get; set; } = string.Empty;

    public string? Body { get; set; }

    public NotificationKind Kind { get; set; }

    public Dictionary<string, string> Data { get; set; } = new();

    public List<NotificationAction> Actions { get; set; } = new();
}

public enum NotificationKind { Info, Warning, Error }

public class NotificationAction
{
    public string Label { get; set; } = string.Empty;

    public Uri? Link { get; set; }
}

[TunnelService] public partial interface INotificationClient { Task Notify(Notification notification); [OneWay] Task Clear(int id); }

[TunnelService(Callback = typeof(INotificationClient))] public partial interface INotificationHub { Task<List<Notification>> GetRecent(int count = 20); }

// A stock ticker.
public record StockPrice(string Symbol, decimal Price, decimal Change, DateTimeOffset At)
{
    public decimal Percent => Price == 0 ? 0 : Change / Price;
}

[TunnelService] public partial interface IStockHub { IAsyncEnumerable<StockPrice> Subscribe(string[] symbols); Task<StockPrice?> Latest(string symbol); }

// A whiteboard, where objects are drawn.
public class DrawEvent
{
    public double X { get; init; }

    public double Y { get; init; }

    public string Color { get; init; } = "#000";

    public DrawTool Tool { get; init; } = DrawTool.Pen;

    public enum DrawTool { Pen, Eraser }
}

[TunnelService] public partial interface IWhiteboardHub { [OneWay] Task Draw(DrawEvent drawEvent); Task<DrawEvent[]> GetHistory(); }

// Presence, with a map of sets.
public sealed record Presence(Dictionary<string, HashSet<string>> Connections, TimeSpan Uptime);

[TunnelService] public partial interface IPresenceHub { Task<Presence> GetPresence(); }

// A result of the hub: success, data, errors.
public class HubResult<T>
{
    public bool Success { get; set; }

    public T? Data { get; set; }

    public IEnumerable<string> Errors { get; set; } = [];
}

[TunnelService] public partial interface IAccountHub { Task<HubResult<Presence>> Login(string name, string password); Task<HubResult<bool>> Logout(); }

public static class Values
{
    public static IReadOnlyList<string> Users => ["Ada", "Bob"];

    public static string Message => "m";

    public static List<Notification> Notifications =>
    [
        new()
        {
            Id = 1,
            Title = "t",
            Body = "b",
            Kind = NotificationKind.Error,
            Data = new() { ["k"] = "v" },
            Actions = [new() { Label = "l", Link = new("https://example.org/") }],
        },
    ];

    public static StockPrice? Price => new("ACME", 12.34m, -0.5m, new(2024, 5, 6, 7, 8, 9, TimeSpan.Zero));

    public static DrawEvent[] History => [new() { X = 1, Y = 2, Color = "#fff", Tool = DrawEvent.DrawTool.Eraser }];

    public static Presence Presence => new(new() { ["Ada"] = ["1", "2"] }, TimeSpan.FromHours(1));

    public static HubResult<Presence> LoggedIn => new() { Success = true, Data = Presence, Errors = ["e"] };

    public static HubResult<bool> LoggedOut => new() { Success = true, Data = true, Errors = ["e"] };
}
