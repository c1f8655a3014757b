namespace Corpus.Unions;

// Records, the usual form.
[TunnelUnion(0, typeof(Circle))]
[TunnelUnion(1, typeof(Square))]
public abstract record Shape;

public sealed record Circle(double Radius) : Shape;

public sealed record Square(double Side) : Shape;

[TunnelService] public partial interface IShapes { Task<Shape> GetAsync(); Task<List<Shape?>> ListAsync(); Task<Dictionary<string, Shape>> MapAsync(); }

// An interface with classes and structs.
[TunnelUnion(1, typeof(Joined))]
[TunnelUnion(2, typeof(Left))]
[TunnelUnion(-3, typeof(Renamed))]
public interface IRoomEvent
{
    int Room { get; }
}

public sealed class Joined : IRoomEvent
{
    public int Room { get; set; }

    public required string User { get; init; }
}

public readonly record struct Left(int Room, string? Reason) : IRoomEvent;

public sealed record Renamed(int Room, string Name) : IRoomEvent;

[TunnelService] public partial interface IRooms { Task<IRoomEvent> NextAsync(); Task<IRoomEvent?[]> AllAsync(); }

// Cases nested in the type of the union.
[TunnelUnion(0, typeof(Some))]
[TunnelUnion(1, typeof(None))]
public abstract record Maybe
{
    private Maybe()
    {
    }

    public sealed record Some(string Value) : Maybe;

    public sealed record None : Maybe;
}

[TunnelService] public partial interface IMaybe { Task<Maybe> GetAsync(); }

// A recursive union.
[TunnelUnion(0, typeof(Constant))]
[TunnelUnion(1, typeof(Sum))]
[TunnelUnion(2, typeof(Negation))]
public abstract record Expression;

public sealed record Constant(double Value) : Expression;

public sealed record Sum(IReadOnlyList<Expression> Terms) : Expression;

public sealed record Negation(Expression Operand) : Expression;

[TunnelService] public partial interface IExpressions { Task<Expression> GetAsync(); }

// A case that derives from another case, and a concrete base class that is a case of another union.
[TunnelUnion(0, typeof(Fault))]
[TunnelUnion(1, typeof(TimeoutFault))]
public abstract class Failure
{
    public string Text { get; set; } = "";
}

public class Fault : Failure
{
    public int Code { get; set; }
}

public sealed class TimeoutFault : Fault
{
    public TimeSpan After { get; set; }
}

[TunnelService] public partial interface IFailures { Task<Failure> GetAsync(); Task<TimeoutFault> TimeoutAsync(); }

// A union as a member and as a type argument.
public sealed record Drawing(Shape Main, Shape? Optional, IReadOnlyList<Shape> Others, (Shape, int) Pair);

[TunnelService] public partial interface IDrawings { Task<Drawing> GetAsync(); }

// A union of a union.
[TunnelUnion(0, typeof(Cat))]
[TunnelUnion(1, typeof(Sparrow))]
public abstract class Animal
{
    public int Age { get; set; }
}

public sealed class Cat : Animal
{
    public bool Purrs { get; set; }
}

[TunnelUnion(0, typeof(Sparrow))]
public abstract class Bird : Animal
{
    public int Wings { get; set; } = 2;
}

public sealed class Sparrow : Bird
{
    public string? Song { get; set; }
}

[TunnelService] public partial interface IAnimals { Task<Animal> GetAsync(); Task<Bird> BirdAsync(); }

// A generic type as a case.
[TunnelUnion(0, typeof(Message<int>))]
[TunnelUnion(1, typeof(Message<string>))]
public interface IMessage;

public sealed record Message<T>(T Body) : IMessage;

[TunnelService] public partial interface IMessages { Task<IMessage> GetAsync(); }

public static class Values
{
    public static Shape Circle => new Circle(1.5);

    public static Shape Square => new Square(2);

    public static List<Shape?> Shapes => [new Circle(1), null, new Square(3)];

    public static Dictionary<string, Shape> ShapeMap => new() { ["a"] = new Circle(1) };

    public static IRoomEvent Joined => new Joined { Room = 1, User = "Ada" };

    public static IRoomEvent Left => new Left(2, "late");

    public static IRoomEvent?[] Events => [new Renamed(3, "n"), null];

    public static Maybe Some => new Maybe.Some("x");

    public static Maybe None => new Maybe.None();

    public static Expression Expression => new Sum([new Constant(1), new Negation(new Sum([new Constant(2), new Constant(3)]))]);

    public static Failure Fault => new Fault { Text = "t", Code = 5 };

    public static Failure Timeout => new TimeoutFault { Text = "t", Code = 6, After = TimeSpan.FromSeconds(1) };

    public static TimeoutFault TimeoutFault => (TimeoutFault)Timeout;

    public static Drawing Drawing => new(new Circle(1), new Square(2), [new Circle(3), new Square(4)], (new Circle(5), 6));

    public static Animal Cat => new Cat { Age = 3, Purrs = true };

    public static Animal Sparrow => Bird;

    public static Bird Bird => new Sparrow { Age = 1, Wings = 4, Song = "tweet" };

    public static IMessage Number => new Message<int>(5);

    public static IMessage Text => new Message<string>("x");
}
