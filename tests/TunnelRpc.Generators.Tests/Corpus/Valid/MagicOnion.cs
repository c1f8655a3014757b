using MessagePack;

namespace Corpus.MagicOnion;

// A streaming hub and its receiver: two contracts, where the receiver is the callback.
[TunnelService(Callback = typeof(IGamingHubReceiver))] public partial interface IGamingHub
{
    Task<Player[]> JoinAsync(string roomName, string userName, Vector3 position, Quaternion rotation);
    Task LeaveAsync();
    Task<Vector3> MoveAsync(Vector3 position, Quaternion rotation);
}

[TunnelService] public partial interface IGamingHubReceiver
{
    [OneWay] Task OnJoin(Player player);
    [OneWay] Task OnLeave(Player player);
    [OneWay] Task OnMove(Player player);
}

[MessagePackObject]
public class Player
{
    [Key(0)]
    public string Name { get; set; } = "";

    [Key(1)]
    public Vector3 Position { get; set; }

    [Key(2)]
    public Quaternion Rotation { get; set; }
}

[MessagePackObject]
public struct Vector3
{
    [Key(0)]
    public float X;

    [Key(1)]
    public float Y;

    [Key(2)]
    public float Z;
}

[MessagePackObject]
public readonly struct Quaternion(float x, float y, float z, float w)
{
    [Key(0)]
    public readonly float X = x;

    [Key(1)]
    public readonly float Y = y;

    [Key(2)]
    public readonly float Z = z;

    [Key(3)]
    public readonly float W = w;
}

// A service of unary calls.
[TunnelService] public partial interface ICalculator { Task<int> SumAsync(int x, int y); ValueTask<double> RatioAsync(double x, double y); }

// Client streaming, server streaming, duplex.
[TunnelService] public partial interface IStreaming
{
    Task<string> CollectAsync(IAsyncEnumerable<int> numbers);
    IAsyncEnumerable<string> CountAsync(int to);
    IAsyncEnumerable<int> EchoAsync(IAsyncEnumerable<int> numbers);
}

// A chat, with objects of a request.
[TunnelService(Callback = typeof(IChatReceiver))] public partial interface IChatHub
{
    Task JoinAsync(JoinRequest request);
    Task LeaveAsync();
    Task SendMessageAsync(string message);
    Task<JoinRequest> LastAsync();
}

[TunnelService] public partial interface IChatReceiver { Task OnReceive(ChatMessage message); Task<ChatMessage> OnAsk(); }

[MessagePackObject]
public struct JoinRequest
{
    [Key(0)]
    public string RoomName { get; set; }

    [Key(1)]
    public string UserName { get; set; }
}

[MessagePackObject(true)]
public sealed class ChatMessage
{
    public required string UserName { get; init; }

    public required string Message { get; init; }

    public DateTimeOffset SentAt { get; set; }
}

// A result that the client returns to the server.
[TunnelService] public partial interface IConfirmReceiver { Task<Answer> ConfirmAsync(string question, CancellationToken cancellationToken); }

public enum Answer : byte { Unknown, Yes, No }

// A matching of players, with polymorphic events.
[Union(0, typeof(MatchStarted))]
[Union(1, typeof(MatchEnded))]
public interface IMatchEvent;

[MessagePackObject]
public sealed class MatchStarted : IMatchEvent
{
    [Key(0)]
    public Guid MatchId { get; set; }

    [Key(1)]
    public IReadOnlyList<Player> Players { get; set; } = [];
}

[MessagePackObject]
public sealed class MatchEnded : IMatchEvent
{
    [Key(0)]
    public Guid MatchId { get; set; }

    [Key(1)]
    public Dictionary<string, int> Scores { get; set; } = [];
}

[TunnelService] public partial interface IMatching { IAsyncEnumerable<IMatchEvent> WatchAsync(Guid matchId); Task<IMatchEvent> LastAsync(); }

public static class Values
{
    public static Player[] Players => [new() { Name = "Ada", Position = Position, Rotation = new(1, 2, 3, 4) }];

    public static Vector3 Position => new() { X = 1, Y = 2.5f, Z = -3 };

    public static int Sum => 3;

    public static double Ratio => 0.5;

    public static JoinRequest Join => new() { RoomName = "r", UserName = "u" };

    public static ChatMessage Message => new() { UserName = "u", Message = "m", SentAt = new(2024, 5, 6, 7, 8, 9, TimeSpan.FromHours(2)) };

    public static Answer Answer => Answer.Yes;

    public static IMatchEvent Started => new MatchStarted { MatchId = new("00000000-0000-0000-0000-000000000001"), Players = Players };

    public static IMatchEvent Ended => new MatchEnded { MatchId = new("00000000-0000-0000-0000-000000000002"), Scores = new() { ["Ada"] = 3 } };
}
