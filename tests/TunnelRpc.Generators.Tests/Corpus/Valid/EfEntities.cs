using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;

namespace Corpus.EfEntities;

// Entities by convention, with navigation properties that have setters.
public class Blog
{
    public int BlogId { get; set; }

    public string Url { get; set; } = null!;

    public int? Rating { get; set; }

    public virtual ICollection<Post> Posts { get; set; } = new HashSet<Post>();
}

public class Post
{
    public int PostId { get; set; }

    public string Title { get; set; } = null!;

    public string? Content { get; set; }

    public int BlogId { get; set; }

    // The way back: the graph would be cyclic.
    [JsonIgnore]
    public virtual Blog? Blog { get; set; }
}

[TunnelService] public partial interface IBlogs { Task<Blog> FindAsync(int id); Task<List<Post>> PostsAsync(int blogId, int skip = 0, int take = 50); }

// Annotations: keys, lengths, concurrency tokens.
[Table("customers")]
[Index("Email")]
public class Customer
{
    [Key]
    [DatabaseGenerated(DatabaseGeneratedOption.Identity)]
    public Guid Id { get; set; }

    [Required]
    [MaxLength(200)]
    public string Email { get; set; } = "";

    [Column("since", TypeName = "date")]
    public DateOnly Since { get; set; }

    [Timestamp]
    public byte[] RowVersion { get; set; } = [];

    [NotMapped]
    public string Domain => Email[(Email.IndexOf('@', StringComparison.Ordinal) + 1)..];
}

[TunnelService] public partial interface ICustomers { Task<Customer> FindAsync(Guid id); Task<Customer?> ByEmailAsync(string email); }

// A constructor for binding, with private setters.
public class Product
{
    public Product(int id, string name, decimal price)
    {
        Id = id;
        Name = name;
        Price = price;
    }

    public int Id { get; private set; }

    public string Name { get; private set; }

    public decimal Price { get; private set; }

    public void Reprice(decimal price) => Price = price;
}

[TunnelService] public partial interface IProducts { Task<Product> FindAsync(int id); IAsyncEnumerable<Product> AllAsync(); }

// A backing field with a property, and a collection with a property that sets it.
public class Order
{
    private readonly List<OrderLine> _lines = [];
    private string _status = "new";

    public int Id { get; init; }

    public string Status { get => _status; init => _status = value; }

    public IReadOnlyCollection<OrderLine> Lines { get => _lines; init => _lines = [.. value]; }

    public decimal Total => _lines.Sum(l => l.Price * l.Quantity);

    public void Add(OrderLine line) => _lines.Add(line);
}

public sealed record OrderLine(string Article, int Quantity, decimal Price);

[TunnelService] public partial interface IOrders { Task<Order> FindAsync(int id); }

// Owned types and value conversions.
[Owned]
public sealed record Address(string Street, string City);

public sealed class Supplier
{
    public long Id { get; set; }

    public Address Billing { get; set; } = new("", "");

    public Address? Shipping { get; set; }

    public List<string> Phones { get; set; } = [];
}

[TunnelService] public partial interface ISuppliers { Task<Supplier> FindAsync(long id); Task<Address> AddressAsync(long id); }

// Inheritance, one table for all.
[TunnelUnion(0, typeof(Student))]
[TunnelUnion(1, typeof(Teacher))]
public abstract class Person
{
    public int Id { get; set; }

    public required string Name { get; set; }

    [JsonIgnore]
    public string Discriminator { get; private set; } = "";
}

public class Student : Person
{
    public DateTime Enrolled { get; set; }
}

public class Teacher : Person
{
    public string? Office { get; set; }
}

[TunnelService] public partial interface IPeople { Task<Person> FindAsync(int id); Task<Person[]> AllAsync(); }

// A query without a key, and a join of two entities.
[Keyless]
public sealed class SalesByCity
{
    public string City { get; set; } = "";

    public decimal Sales { get; set; }
}

public sealed class Enrollment
{
    public int StudentId { get; set; }

    public int CourseId { get; set; }

    public Grade? Grade { get; set; }
}

public enum Grade { None, A, B }

[TunnelService] public partial interface IReports { Task<List<SalesByCity>> SalesAsync(); Task<Dictionary<int, Enrollment[]>> EnrollmentsAsync(); }

// A lazy loader and a change tracker, which are not part of the entity.
public sealed class Lazily
{
    [NonSerialized]
    private readonly Action<object, string>? _loader;

    [TunnelIgnore]
    private bool _isDirty;

    private List<Post> _posts = [];

    public Lazily()
    {
    }

    private Lazily(Action<object, string> loader) => _loader = loader;

    public int Id { get; set; }

    public List<Post> Posts
    {
        get
        {
            _loader?.Invoke(this, nameof(Posts));
            return _posts;
        }

        set
        {
            _posts = value;
            _isDirty = true;
        }
    }

    public bool IsDirty() => _isDirty;

    public static Lazily Create(Action<object, string> loader) => new(loader);
}

[TunnelService] public partial interface ILazily { Task<Lazily> FindAsync(int id); }

public static class Values
{
    public static Blog Blog => new() { BlogId = 1, Url = "u", Rating = 5, Posts = [new() { PostId = 2, Title = "t", Content = "c", BlogId = 1 }] };

    public static List<Post> Posts => [new() { PostId = 2, Title = "t", BlogId = 1 }];

    public static Customer Customer => new()
    {
        Id = new("00000000-0000-0000-0000-000000000001"),
        Email = "a@example.org",
        Since = new(2024, 5, 6),
        RowVersion = [1, 2, 3],
    };

    public static Product Product => new(1, "n", 2.5m);

    public static Order Order => new() { Id = 1, Status = "paid", Lines = [new("a", 2, 1.5m)] };

    public static Supplier Supplier => new() { Id = 1, Billing = new("s", "c"), Shipping = new("t", "d"), Phones = ["1"] };

    public static Address Address => new("s", "c");

    public static Person Student => new Student { Id = 1, Name = "Ada", Enrolled = new(2024, 5, 6, 0, 0, 0, DateTimeKind.Utc) };

    public static Person Teacher => new Teacher { Id = 2, Name = "Bob", Office = "1.02" };

    public static Person[] People => [Student, Teacher];

    public static List<SalesByCity> Sales => [new() { City = "Rome", Sales = 10.5m }];

    public static Dictionary<int, Enrollment[]> Enrollments => new() { [1] = [new() { StudentId = 1, CourseId = 2, Grade = Grade.B }] };

    public static Lazily Lazily => new() { Id = 1, Posts = Posts };
}
